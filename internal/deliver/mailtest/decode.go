// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package mailtest

import (
	"encoding/base64"
	"io"
	"mime/multipart"
	"strings"
)

// decoded is the content of a part. Its quoted-printable is taken off already.
func decoded(part *multipart.Part) io.Reader {
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") {
		return base64.NewDecoder(base64.StdEncoding, part)
	}
	return part
}
