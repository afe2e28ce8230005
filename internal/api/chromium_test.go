// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// tab is one of Chromium, that shows a site in which everybody may do everything.
type tab struct {
	*testing.T
	ctx  context.Context
	site string
}

// open opens a tab of the Chromium that CHROMIUM_PATH names, or of one on the
// path. Without either a test is left out.
func open(t *testing.T) *tab {
	t.Helper()
	path := os.Getenv("CHROMIUM_PATH")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); path == "" && err == nil {
			path = found
		}
	}
	if path == "" {
		t.Fatal("no Chromium: install it (apt-get install chromium), or say in CHROMIUM_PATH where it is")
	}
	a := lived(t, func(string) bool { return true })
	a.Authenticate = nil
	s := httptest.NewServer(a.Handler())
	t.Cleanup(s.Close)
	ctx, end := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(end)
	ctx, end = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("host-resolver-rules", "MAP usage.example 127.0.0.1"))...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	// Of a site that is neither local nor encrypted a browser tells less: no
	// Sec-Fetch-Site, and of Origin only what the referrer policy lets it.
	return &tab{t, ctx, strings.Replace(s.URL, "127.0.0.1", "usage.example", 1)}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	require.NoError(b, chromedp.Do(b.ctx, steps...))
}

// tell returns what an expression is.
func tell[T any](b *tab, expression string, args ...any) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](fmt.Sprintf(expression, args...)))
	require.NoError(b, err, expression)
	return value
}

// text is that of the element of a selector, once it is there.
func (b *tab) text(selector string) string {
	b.Helper()
	b.do(chromedp.WaitReady(chromedp.CSS(selector)))
	return tell[string](b, `document.querySelector(%q).innerText`, selector)
}

// says waits until the element of a selector has a text, also on a page that is
// still to come.
func (b *tab) says(selector, text string) {
	b.Helper()
	got := ""
	for range 2000 { // an expression is asked for in a page that may be leaving
		got, _ = chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf(`(document.querySelector(%q) ?? {}).innerText ?? ""`, selector)))
		if strings.Contains(got, text) {
			return
		}
	}
	require.Contains(b, got, text)
}

// show turns to a page.
func (b *tab) show(width int64, scheme, path string) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, 900), func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return chromedp.Void{}, err
	}, chromedp.Navigate(b.site+path))
}

// keep writes what is shown to the directory that SCREENSHOTS names, to be
// looked at.
func (b *tab) keep(name string) {
	b.Helper()
	if directory := os.Getenv("SCREENSHOTS"); directory != "" {
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		require.NoError(b, err)
		require.NoError(b, os.WriteFile(filepath.Join(directory, name+".png"), picture, 0o600))
	}
}

// at goes on by Tab to a field, a button or a summary, by its id, name or text,
// and presses keys there.
func (b *tab) at(name string, keys ...string) {
	b.Helper()
	for range 100 {
		if tell[bool](b, `(e => [e.id, e.name, e.innerText].includes(%q))(document.activeElement)`, name) {
			for _, k := range keys {
				b.do(chromedp.KeyEvent(k))
			}
			return
		}
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	b.Fatalf("Tab does not lead to %s", name)
}

// longWord is longer than any line of a phone, without a place to break it.
const longWord = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"

func TestPagesFitTheirScreens(t *testing.T) {
	b := open(t)
	for name, path := range map[string]string{
		"overview":  "/",
		"form":      "/reports",
		"report":    "/reports?kind=usage-summary&about=acme&period=this-month",
		"users":     "/reports?kind=users&about=&typed=2026-11-18",
		"refused":   "/reports?kind=billing&about=" + longWord + "&reseller=north&typed=" + longWord,
		"schedules": "/schedules",
		"schedule":  "/schedules?schedule=acme-monthly-bill&done=tested",
	} {
		for _, width := range []int64{1280, 390} {
			for scheme, ground := range map[string]string{"light": "rgb(244, 245, 248)", "dark": "rgb(13, 16, 22)"} {
				b.show(width, scheme, path)
				wide := tell[int64](b, `(() => { document.querySelectorAll("details").forEach(d => d.open = true); return document.documentElement.scrollWidth })()`)
				b.keep(name + "-" + strconv.FormatInt(width, 10) + "-" + scheme)
				require.LessOrEqual(t, wide, width, "%s is wider than its screen", path)
				require.Equal(t, ground, tell[string](b, `getComputedStyle(document.body).backgroundColor`), path)
			}
		}
	}
}

func TestAReportIsMadeByKeyboard(t *testing.T) {
	b := open(t)
	b.show(1280, "light", "/reports")
	b.at("kind", kb.ArrowDown, kb.ArrowDown) // activity
	require.Equal(t, "solid", tell[string](b, `getComputedStyle(document.activeElement.closest("label")).outlineStyle`), "the focus can be seen")
	b.at("about", "A")         // Acme GmbH
	b.at("period", kb.ArrowUp) // this month
	b.at("Show the report", kb.Enter)
	require.Equal(t, "Activity report: Acme GmbH", b.text("#made"))
	require.Equal(t, b.site+"/reports?kind=activity&about=acme&reseller=&period=this-month&typed=&basis=known", tell[string](b, `location.href`))

	frame := tell[string](b, `document.querySelector("iframe").src`)
	require.Equal(t, b.site+"/reports/activity?basis=known&organization=acme&period=2026-11", frame)
	frames, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`window.frames.length`))
	require.NoError(t, err)
	require.Equal(t, 1, frames)
	b.do(chromedp.Navigate(frame))
	require.Equal(t, "Activity report", b.text("h1"))
	require.Equal(t, "rgb(255, 255, 255)", tell[string](b, `getComputedStyle(document.querySelector("section")).backgroundColor`), "its style is let in")
}

func TestAScheduleIsMadeByKeyboard(t *testing.T) {
	b := open(t)
	b.show(390, "light", "/schedules")
	b.at("New schedule", kb.Enter)
	b.at("name", "Weekly")
	b.at("about", "A")
	b.at("recipients", "jane")
	b.at("cadence", "W")
	b.at("Make the schedule", kb.Enter)
	b.says("#recipients-wrong", `recipients[0]: "jane": no e-mail address`)
	b.keep("schedule-refused")
	require.Equal(t, "jane", tell[string](b, `document.querySelector("#recipients").value`))
	b.at("recipients", kb.End, "@example.com")
	b.at("Make the schedule", kb.Enter)
	b.says(".notice.good", "The schedule is made.")
	require.Equal(t, b.site+"/schedules?done=created&schedule=acme-weekly", tell[string](b, `location.href`))
	b.at("Send", kb.Enter)
	b.says("#history tbody", "jane@example.com")
	b.at("Delete …", kb.Enter)
	b.at("Delete Weekly", kb.Enter)
	b.says(".notice.good", "The schedule is deleted")
	require.Equal(t, 4, tell[int](b, `document.querySelectorAll("article").length`))
}
