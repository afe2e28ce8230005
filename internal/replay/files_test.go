// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// logLine is a request of one log record.
func logLine(clock string) string {
	return fmt.Sprintf(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"%d","body":{"stringValue":"a \"}{\\"}}]}]}]}`, day(clock).UnixNano())
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func zstandard(t *testing.T, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return string(w.EncodeAll([]byte(text), nil))
}

// readText reads a recording of one file.
func readText(t *testing.T, text string) (*Recording, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tape")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	r, err := Read(t.Context(), []string{file}, time.Time{}, day("23:00:00"), nil)
	require.NoError(t, err)
	return r, file
}

func TestWhatIsReadIsReadWholly(t *testing.T) {
	a, b, c := logLine("10:00:00"), logLine("10:01:00"), logLine("10:02:00")
	three := a + "\n" + b + "\n" + c + "\n"
	traces := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"endTimeUnixNano":"1"}]}]}]}`
	for name, test := range map[string]struct {
		text     string
		requests int
	}{
		"lines":                      {three, 3},
		"no end of the last line":    {strings.TrimSpace(three), 3},
		"two objects on a line":      {a + b + "\n" + c, 3},
		"with blanks between":        {a + " \t" + b + "  " + c + " \n", 3},
		"nothing between any":        {a + b + c, 3},
		"blank lines":                {"\n\n" + a + "\n \n" + b + "\n\n\n" + c + "\n\n", 3},
		"CRLF":                       {strings.ReplaceAll(three, "\n", "\r\n"), 3},
		"CR":                         {strings.ReplaceAll(three, "\n", "\r"), 3},
		"byte order mark":            {"\ufeff" + three, 3},
		"gzip":                       {gzipped(t, three), 3},
		"gzip, several members":      {gzipped(t, a+"\n") + gzipped(t, b+"\n") + gzipped(t, c), 3},
		"a member ends within":       {gzipped(t, a+"\n"+b[:20]) + gzipped(t, b[20:]+"\n"+c), 3},
		"gzip of a byte order mark":  {gzipped(t, "\ufeff"+three), 3},
		"zstd":                       {zstandard(t, three), 3},
		"zstd, several frames":       {zstandard(t, a+"\n") + zstandard(t, b+"\n"+c), 3},
		"a key that is not known":    {`{"foo":{"resourceSpans":[1]},` + a[1:], 1},
		"another that is not known":  {a[:len(a)-1] + `,"foo":[{}]}`, 1},
		"the other spelling":         {strings.Replace(a, "resourceLogs", "resource_logs", 1), 1},
		"a request without anything": {`{"resourceMetrics":[]}` + "\n" + a, 2},
		"two signals in one object":  {a[:len(a)-1] + "," + traces[1:], 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, file := readText(t, test.text)
			require.Zero(t, r.Bad, r.Bad.Lines)
			require.Equal(t, test.requests, r.Requests())
			items := 0
			for request := range decoded(file, new(int64)) {
				items += request.items
			}
			switch name {
			case "a request without anything":
				require.Equal(t, 1, items)
			case "two signals in one object":
				require.Equal(t, 2, items)
			default:
				require.Equal(t, test.requests, items)
			}
		})
	}
}

func TestWhatCannotBeReadIsNamedAndTheRestGoesOn(t *testing.T) {
	a, b := logLine("10:00:00"), logLine("10:01:00")
	zipped := gzipped(t, strings.Repeat(a+"\n", 3)+strings.Repeat("x", 100_000))
	for name, test := range map[string]struct {
		text     string
		requests int
		bad      []string // where and why
	}{
		"torn at the end":       {a + "\n" + b + "\n" + a + "\n" + b[:len(b)/2], 3, []string{":4: no OTLP request: the object does not end"}},
		"torn in a string":      {a + "\n" + `{"resourceLo`, 1, []string{":2: no OTLP request: the object does not end"}},
		"torn behind an object": {a + b[:30], 1, []string{":1: no OTLP request: the object does not end"}},
		"torn within":           {a + "\n" + b[:30] + "\n" + b, 2, []string{":2: no OTLP request: the object does not end"}},
		"no JSON":               {a + "\nnonsense\n" + b, 2, []string{":2: no OTLP request: a line has to be"}},
		"no OTLP":               {a + "\n{\"other\":1}\n{}\n" + b, 2, []string{":2: no OTLP request: a line", ":3: no OTLP request: a line"}},
		"a list":                {"[" + a + "," + b + "]", 0, []string{":1: no OTLP request: a line has to be"}},
		"behind an object":      {a + "," + b + "\n", 1, []string{":1: no OTLP request: a line has to be"}},
		"another type":          {`{"resourceLogs":7}` + "\n" + b, 1, []string{":1: "}},
		"bad inside":            {`{"resourceLogs":[{"scopeLogs":[}]]}` + b, 1, []string{":1: "}},
		"profiles":              {`{"resourceProfiles":[]}` + "\n" + b, 1, []string{":1: no OTLP request: a line has to be"}},
		"empty":                 {"", 0, []string{": no OTLP request in it: the file is empty"}},
		"blanks":                {" \n\r\n\t\n", 0, []string{": no OTLP request in it: the file is empty"}},
		"gzip of nothing":       {gzipped(t, ""), 0, []string{": no OTLP request in it: the file is empty"}},
		"protobuf":              {"\x00\x00\x01\x2a\x0a\xa7\x02\x0a\x1d", 0, []string{": binary, not lines of OTLP/JSON"}},
		"protobuf without size": {"\x0a\x10\x0a\x05hello\x12\x07", 0, []string{": binary, not lines of OTLP/JSON"}},
		"UTF-16":                {"\xff\xfe{\x00\"\x00", 0, []string{": binary, not lines of OTLP/JSON"}},
		"gzip that is cut off":  {zipped[:len(zipped)-10], 3, []string{":4: no OTLP request", ":4: the compressed file is cut off or damaged here: unexpected EOF"}},
		"gzip of a few bytes":   {zipped[:5], 0, []string{": no whole gzip file: unexpected EOF"}},
		"gzip, then no gzip":    {gzipped(t, a+"\n") + "text", 1, []string{":2: the compressed file is cut off or damaged here"}},
		"zstd that is cut off":  {zstandard(t, a+"\n"+b)[:60], 0, []string{":1: the compressed file is cut off or damaged here"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, file := readText(t, test.text)
			require.Equal(t, test.requests, r.Requests())
			require.Equal(t, len(test.bad), r.Bad.Count, r.Bad.Lines)
			for i, want := range test.bad {
				require.Contains(t, r.Bad.Lines[i], file+want)
			}
		})
	}
}

func TestWhatIsNoFileIsAnError(t *testing.T) {
	good := tape(t, "10:00:00")
	missing := filepath.Join(t.TempDir(), "missing.jsonl")
	for name, file := range map[string]string{missing + ": no such file": missing, " is a directory; name the files in it": t.TempDir(), "is no regular file": os.DevNull} {
		_, err := Read(t.Context(), []string{good, file}, time.Time{}, day("23:00:00"), nil)
		require.ErrorContains(t, err, name)
	}
}

func TestOnlyTheFirstNotesAreQuoted(t *testing.T) {
	r, file := readText(t, strings.Repeat("nonsense\n", maxNoted+5))
	require.Equal(t, maxNoted+5, r.Bad.Count)
	require.Len(t, r.Bad.Lines, maxNoted)
	require.Contains(t, r.Bad.Lines[maxNoted-1], fmt.Sprintf("%s:%d: ", file, maxNoted))
}

// The times of observation say when a request arrived, whatever its items say.
func TestObservedTimesComeBeforeThoseOfItems(t *testing.T) {
	record := func(clock, observed string) string {
		line := fmt.Sprintf(`{"timeUnixNano":"%d"`, day(clock).UnixNano())
		if observed != "" {
			line += fmt.Sprintf(`,"observedTimeUnixNano":"%d"`, day(observed).UnixNano())
		}
		return line + "}"
	}
	request := func(records ...string) string {
		return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[` + strings.Join(records, ",") + "]}]}]}\n"
	}
	r, _ := readText(t, request(record("10:00:00", "10:00:01"))+
		request(record("12:30:00", "10:01:00"))+ // a wrong clock
		request(record("10:02:00", ""), record("09:00:00", "10:01:30"))+
		request(`{"timeUnixNano":"1","observedTimeUnixNano":"1795168920"}`)+ // seconds
		request(record("08:00:00", "10:03:00"), record("08:00:00", "10:02:00")))
	require.Equal(t, []string{"10:00", "10:01", "10:01", "10:01", "10:03"}, clocks(r.arrivals))
	begin, err := r.Begin()
	require.NoError(t, err)
	require.Equal(t, day("10:00:01"), begin)
	until, err := r.Until()
	require.NoError(t, err)
	require.Equal(t, day("10:03:00"), until)
}

func TestARecordingBeginsAndEndsWithItsArrivals(t *testing.T) {
	r, _ := readText(t, "bad\n"+logLine("23:30:00")+"\n"+logLine("10:02:00")+"\n"+logLine("10:20:01"))
	begin, err := r.Begin()
	require.NoError(t, err)
	require.Equal(t, day("10:02:00"), begin, "what is after now is of a wrong clock")
	until, err := r.Until()
	require.NoError(t, err)
	require.Equal(t, day("10:21:00"), until)

	r, _ = readText(t, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}`)
	_, err = r.Begin()
	require.ErrorContains(t, err, "--until")
	r.until = day("12:00:00")
	begin, err = r.Begin()
	require.NoError(t, err)
	require.Equal(t, day("12:00:00"), begin)
}
