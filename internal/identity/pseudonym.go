// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Pseudonym names a user to those who may not see ids: 128 bits of HMAC-SHA-256, in
// hexadecimal, under a key of the organization.
func Pseudonym(key []byte, id string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
