// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Claims are what an authenticator says of a client: values by name.
type Claims map[string][]string

// TokenSHA256 is the claim of a client of whom its authenticator says nothing:
// the SHA-256 of its bearer token, in hexadecimal.
const TokenSHA256 = "token_sha256"

// authenticators put the claims of a JSON web token behind this prefix.
const tokenPrefix = "claims."

// membership is what authenticators call the groups of a client.
const membership = "membership"

// ClaimsOf reads the attributes of a client. A value may be a text, a whole
// number, a truth or a list of them; others are of no use.
//
// Left out are what is a secret rather than a statement (raw), and an e-mail
// address of which the issuer says that it is not verified: anybody may have
// typed it.
func ClaimsOf(names []string, attribute func(name string) any) Claims {
	claims := Claims{}
	for _, name := range names {
		if values := texts(attribute(name)); len(values) > 0 && name != "raw" {
			claims[name] = values
		}
	}
	for _, prefix := range []string{"", tokenPrefix} {
		if verified := claims[prefix+"email_verified"]; len(verified) > 0 && !slices.Equal(verified, []string{"true"}) {
			delete(claims, prefix+"email")
		}
	}
	return claims
}

// ClaimsOfToken are those of a client of whom nothing is known but its bearer
// token.
func ClaimsOfToken(token string) Claims {
	if token == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(token))
	return Claims{TokenSHA256: {hex.EncodeToString(sum[:])}}
}

// texts are the values of an attribute; empty ones are none.
func texts(value any) []string {
	switch v := value.(type) {
	case []string:
		return slices.DeleteFunc(slices.Clone(v), func(text string) bool { return text == "" })
	case []any:
		var all []string
		for _, element := range v {
			if text := text(element); text != "" {
				all = append(all, text)
			}
		}
		return all
	default:
		if text := text(v); text != "" {
			return []string{text}
		}
		return nil
	}
}

// exact is the largest float64 below which no two whole numbers are one: of
// larger ones a token may mean another client.
const exact = 1 << 53

// text is a value that is no list, or "".
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64: // a number of JSON
		if v == math.Trunc(v) && math.Abs(v) < exact {
			return strconv.FormatInt(int64(v), 10)
		}
	case int, int32, int64, uint, uint32, uint64, json.Number:
		return fmt.Sprint(v)
	}
	return ""
}

// have reports whether a claim has a value. A claim is an attribute of its
// name; else one of the client's token; group is else what the authenticator
// takes for its groups.
func (c Claims) have(claim, value string) bool {
	names := []string{claim, tokenPrefix + claim}
	if claim == "group" {
		names = append(names, membership)
	}
	for _, name := range names {
		if values, found := c[name]; found {
			return slices.Contains(values, value)
		}
	}
	return false
}

// Names are those that principals of the catalogue may have as their claim,
// sorted.
func (c Claims) Names() []string {
	var names []string
	for name := range c {
		names = append(names, strings.TrimPrefix(name, tokenPrefix))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
