// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package sitetest reads pages as a browser understands them, for tests.
package sitetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// Element is a part of a page, or all of it.
type Element struct{ *html.Node }

// Parse reads a page.
func Parse(t *testing.T, page []byte) Element {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	return Element{root}
}

// All returns the elements of a tag with a class; "" is any.
func (e Element) All(tag, class string) (found []Element) {
	for n := range e.Descendants() {
		if n.Type == html.ElementNode && (tag == "" || n.Data == tag) && (class == "" || slices.Contains(strings.Fields(Element{n}.Get("class")), class)) {
			found = append(found, Element{n})
		}
	}
	return found
}

// Named returns the one of an id.
func (e Element) Named(t *testing.T, id string) (found Element) {
	t.Helper()
	for n := range e.Descendants() {
		if (Element{n}).Get("id") == id {
			require.Nil(t, found.Node, "two elements have the id %s", id)
			found = Element{n}
		}
	}
	require.NotNil(t, found.Node, "no element has the id %s", id)
	return found
}

// Get returns an attribute, "" if there is none.
func (e Element) Get(key string) string {
	for _, a := range e.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// Has reports whether there is an attribute, whatever it says.
func (e Element) Has(key string) bool {
	return slices.ContainsFunc(e.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// Text is what is read in an element, blanks folded, style left out.
func (e Element) Text() string {
	var b strings.Builder
	for n := range e.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "title" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Harmless requires that a page has nothing that its policy forbids, or that
// names could have brought in.
func (e Element) Harmless(t *testing.T, policy string) {
	t.Helper()
	for _, tag := range []string{"script", "link", "img", "object", "embed", "base"} {
		require.Empty(t, e.All(tag, ""), tag)
	}
	styles := e.All("style", "")
	require.Len(t, styles, 1)
	hash := sha256.Sum256([]byte(styles[0].FirstChild.Data))
	require.Contains(t, policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"';")
	require.Contains(t, policy, "default-src 'none';")
	for n := range e.Descendants() {
		for _, a := range n.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on"), "%s=%q", a.Key, a.Val)
			require.NotEqual(t, "style", a.Key, "the policy forbids style attributes")
			if slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key) {
				require.Regexp(t, `^(\?|\./$|api/v1/|reports|schedules|http://localhost:9090/)`, a.Val, "a link to elsewhere")
			}
		}
	}
}
