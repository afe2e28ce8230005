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

// Secret returns what follows from a key as the secret of an organization: ledgers
// which count the same, and have the same key, have the same pseudonyms and the
// same order among equal sums.
func Secret(key, organization string) (secret [32]byte) {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(organization))
	h.Sum(secret[:0])
	return secret
}
