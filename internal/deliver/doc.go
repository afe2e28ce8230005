// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package deliver brings a message with its files to one recipient: by mail, by
// the call of a webhook, or into a directory.
//
// A delivery is tried once. Whoever calls tries again, with the same [Message]
// id: a mail then has the same Message-ID, a call the same webhook-id, a file
// the same name, so that what arrives twice is known to be one.
package deliver
