// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// standard stands for every package of the standard library.
const standard = "the standard library"

// only precedes a package whose subpackages are not permitted with it.
const only = "only "

const (
	pebble = "github.com/cockroachdb/pebble/v2"
	ottl   = "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	otel   = "go.opentelemetry.io/collector"
	pdata  = otel + "/pdata"
	hash   = "github.com/dchest/siphash"
	group  = "golang.org/x/sync"
	zap    = "go.uber.org/zap"
	money  = "github.com/shopspring/decimal"
	text   = "golang.org/x/text"

	drawing  = "github.com/tdewolff/canvas"
	workbook = "github.com/xuri/excelize/v2"
)

// aFormat is why the packages that write reports import so little.
const aFormat = "a format decides how a table, a cell and a chart look, and gets them from nowhere but the report"

// allowed is what the packages at the heart may import, tests excepted.
var allowed = map[string]struct {
	imports []string
	why     string
}{
	"internal/usage": {
		[]string{standard},
		"every package speaks this vocabulary, so that it may depend on none",
	},
	"internal/wide": {
		[]string{standard},
		"sums are exact whatever they are sums of",
	},
	"internal/lanes": {
		[]string{standard, "golang.org/x/sync"},
		"what is done side by side in order is not known where that is arranged",
	},
	"internal/intern": {
		[]string{standard},
		"what is kept once is not known where that is arranged",
	},
	"internal/calendar": {
		[]string{standard, "internal/usage"},
		"calendar arithmetic is the same wherever it is used",
	},
	"internal/person": {
		[]string{standard, "internal/usage", "internal/wire", "internal/period"},
		"what is timed about a person is the same whoever counts by it",
	},
	"internal/people": {
		[]string{standard, "internal/prefetch", "internal/usage", "internal/wire", "internal/period", "internal/person"},
		"what is kept by user is unaware of what it means, so that every meter may keep it there",
	},
	"internal/meter": {
		[]string{standard, "internal/prefetch", "internal/intern", "internal/usage", "internal/wide", "internal/wire", "internal/calendar", "internal/period", "internal/series", "internal/person", "internal/people", "internal/pace"},
		"the figures customers are billed by follow from events and time alone",
	},
	"internal/wire": {
		[]string{standard, "internal/wide"},
		"bytes are unaware of what they mean",
	},
	"internal/period": {
		[]string{standard, "internal/usage", "internal/wire", "internal/calendar"},
		"when something is counted is settled before what",
	},
	"internal/series": {
		[]string{standard, "internal/intern", "internal/usage", "internal/wide"},
		"names and labels are the same whoever writes a figure",
	},
	"internal/pace": {
		[]string{standard, "internal/usage", "internal/wide", "internal/wire", "internal/period", "internal/series"},
		"curves and outlooks are arithmetic on what some meter has",
	},
	"internal/quota": {
		[]string{standard, "internal/usage", "internal/wide", "internal/wire", "internal/calendar", "internal/period", "internal/series", "internal/person", "internal/people", "internal/pace", only + "internal/meter"},
		"a quota holds a use against a limit, whatever is used",
	},
	"internal/closing": {
		[]string{standard, "internal/usage", "internal/wide", "internal/wire", "internal/calendar", "internal/period", "internal/series", "internal/person", "internal/people", "internal/pace", only + "internal/meter"},
		"a closed period has what its meters had, whatever they count",
	},
	"internal/organization": {
		[]string{standard, "internal/prefetch", "internal/usage", "internal/wide", "internal/wire", "internal/calendar", "internal/period", "internal/series", "internal/person", "internal/people", "internal/pace", "internal/meter", "internal/quota", "internal/closing"},
		"one customer is counted without looking at another, at a store or at the clock",
	},
	"internal/identity": {
		[]string{standard, "internal/usage", text},
		"what makes two ids one is the same for telemetry, catalogue and questions, whoever asks",
	},
	"internal/content": {
		[]string{standard, "internal/usage", "internal/otlp", pdata, hash},
		"what is equal follows from what was sent, and is the same for good",
	},
	"internal/millionths": {
		[]string{standard, "internal/usage"},
		"a number is the same whatever it was sent in",
	},
	"internal/extract": {
		[]string{standard, "internal/usage", "internal/identity", "internal/otlp", "internal/millionths", "internal/content", pdata, ottl, otel + "/component", zap},
		"reading an item needs the telemetry, the vocabulary and the condition language, and no state",
	},
	"internal/otlp": {
		[]string{standard, "internal/usage"},
		"a request is bounded before anything else looks at it, and by nothing that could be wrong about it",
	},
	"internal/sealed": {
		[]string{standard, "internal/usage", "internal/otlp", pdata},
		"bytes that are carried are looked at by nobody on the way",
	},
	"internal/dedupe": {
		[]string{standard, "internal/prefetch", "internal/usage", only + "internal/store", pebble, hash},
		"the keys of counted items are a part of the book, unaware of meters",
	},
	"internal/intake": {
		[]string{standard, "internal/usage", "internal/meter", "internal/organization", hash},
		"what an item counts for follows from it, its organization and the rules: nothing is stored, looked up in a file or told to a log there",
	},
	"internal/redo": {
		[]string{standard, "internal/usage", "internal/calendar", "internal/period", "internal/wire", "internal/meter", "internal/quota", "internal/closing", "internal/organization"},
		"an entry is bytes and what they do to an organization, wherever they are kept",
	},
	"internal/archive": {
		[]string{standard, "internal/usage", "internal/wide", "internal/calendar", "internal/period", "internal/wire", "internal/meter", "internal/closing", "internal/billing", money},
		"what was written down for good reads the same whatever store has it",
	},
	"internal/catalogue": {
		[]string{standard, "internal/usage", "internal/wide", "internal/identity", "internal/calendar", "internal/billing", "gopkg.in/yaml.v3", money, "github.com/agnivade/levenshtein"},
		"the catalogue is a file that anything may read without a ledger",
	},
	"internal/versions": {
		[]string{standard, "internal/usage", "internal/period", only + "internal/store", pebble + "/vfs", zap},
		"what a changed configuration means follows from what was counted with before, whoever opens the directory",
	},
	"internal/certificate": {
		[]string{standard, only + "internal/store", "internal/store/rows", pebble + "/vfs", zap},
		"what a directory consists of is written down outside of what it tells about",
	},
	"internal/trust": {
		[]string{standard, "internal/dedupe", "internal/versions", "internal/certificate", only + "internal/store", "internal/store/log", "internal/store/rows", "internal/store/snapshot", pebble + "/vfs"},
		"whether files are whole is the same for a start, a scrub and a repair",
	},
	"internal/move": {
		[]string{
			standard, "internal/usage", "internal/period", "internal/wire", "internal/meter", "internal/organization", "internal/redo", "internal/dedupe", "internal/versions", "internal/certificate", "internal/trust", "internal/rowkey", "internal/book", "internal/part", "internal/store/snapshot", only + "internal/store", "internal/store/log", "internal/store/rows", "internal/store/group",
			pebble, zap,
		},
		"an organization is moved by its rows alone, of which nothing changes meanwhile",
	},
	"internal/repair": {
		[]string{
			standard, "internal/wire", "internal/redo", "internal/dedupe", "internal/versions", "internal/certificate", "internal/trust", "internal/rowkey", "internal/book", "internal/part", "internal/store/snapshot", only + "internal/store", "internal/store/log", "internal/store/rows", "internal/store/group",
			pebble, zap,
		},
		"a directory is mended by files alone, while no ledger has it open",
	},
	"internal/part": {
		[]string{
			standard, "internal/usage", "internal/wire", "internal/period", "internal/people", "internal/organization", "internal/rowkey", "internal/store/rows", "internal/store/snapshot", pebble,
		},
		"how an organization is written down and read back does not depend on who counts meanwhile",
	},
	"internal/backup": {
		[]string{standard, "internal/book", "internal/part", "internal/certificate", "internal/versions", only + "internal/store", pebble + "/vfs"},
		"a backup is files, whatever is in them",
	},
	"internal/book": {
		[]string{
			standard, "internal/usage", "internal/wide", "internal/lanes", "internal/identity", "internal/calendar", "internal/period", "internal/wire", "internal/meter", "internal/quota", "internal/closing", "internal/organization", "internal/intake", "internal/redo", "internal/catalogue", "internal/dedupe", "internal/archive", "internal/versions", "internal/certificate", "internal/trust", "internal/part", "internal/store/snapshot", only + "internal/store", "internal/store/log", "internal/store/rows", "internal/store/group", "internal/rowkey",
			pebble, group, zap,
		},
		"the state has one owner at a time, and knows neither who that is nor who waits",
	},
	"internal/inquiry": {
		[]string{standard, "internal/usage", "internal/wide", "internal/identity", "internal/period", "internal/meter", "internal/quota", "internal/archive", "internal/rowkey", "internal/book", "internal/store/rows", pebble},
		"an answer is read from a book, and changes nothing",
	},
	"internal/ledger": {
		[]string{
			standard, "internal/usage", "internal/lanes", "internal/identity", "internal/calendar", "internal/period", "internal/quota", "internal/redo", "internal/catalogue", "internal/billing", "internal/dedupe", "internal/archive", "internal/versions", "internal/book", "internal/inquiry", "internal/certificate", "internal/trust", "internal/move", "internal/part", "internal/backup", only + "internal/store", "internal/store/log", "internal/store/rows", "internal/store/group", "internal/rowkey",
			pebble, zap,
		},
		"the ledger must outlive the Collector that it runs in: replay and the command line open it too",
	},
	"internal/transfer": {
		[]string{standard, "internal/usage", "internal/rowkey", "internal/part", "internal/certificate", "internal/book", "internal/inquiry", "internal/move", only + "internal/ledger", zap},
		"a step is between two ledgers, wherever they run and however they speak",
	},
	"internal/rowkey": {
		[]string{standard, "internal/archive", "internal/usage"},
		"where a row is does not depend on who reads it",
	},
	"internal/store/group": {
		[]string{standard, "internal/wire", "internal/store/rows", pebble},
		"what is committed together is bytes and rows, whatever they mean",
	},
	"internal/store/rows": {
		[]string{standard, only + "internal/store", pebble, zap},
		"what rows mean is not known where they are kept",
	},
	"internal/store": {
		[]string{standard, pebble + "/vfs", "internal/store"},
		"how bytes stay on disk is unaware of what they mean, and but for rows of Pebble, save its file system, which crashes in tests",
	},
	"internal/billing": {
		[]string{standard, "internal/usage", "internal/wide", "internal/calendar", money},
		"money is arithmetic on figures: what is charged follows from terms and statements alone, wherever they are kept",
	},
	"internal/access": {
		[]string{standard, "internal/usage", "internal/catalogue"},
		"who may see what follows from claims and the catalogue alone, for whoever asks: API, pages, PromQL",
	},
	"internal/access/promql": {
		[]string{standard, "github.com/prometheus/prometheus/model/labels", "github.com/prometheus/prometheus/promql/parser"},
		"a query is bound to organizations by its grammar alone, in the store and in the plugin alike",
	},
	"internal/report": {
		[]string{standard, "internal/usage", "internal/wide", "internal/calendar", "internal/billing", money},
		"a report is a function of figures, unaware of formats",
	},
	"internal/doctor": {
		[]string{standard, "internal/usage", "internal/identity"},
		"what is wrong with telemetry follows from items and from when they arrived",
	},
	"internal/schedule": {
		[]string{standard, "internal/usage", "internal/calendar", "internal/report", "github.com/robfig/cron/v3"},
		"when a report is due follows from a calendar and a clock that is an argument",
	},
	"internal/site":           {[]string{standard}, "the frame of the pages is unaware of what they show"},
	"internal/report/show":    {[]string{standard, only + "internal/report", money}, "how a cell reads is the same on paper and on a screen"},
	"internal/report/csv":     {[]string{standard, only + "internal/report", "internal/sheet"}, aFormat},
	"internal/report/json":    {[]string{standard, only + "internal/report"}, aFormat},
	"internal/report/typeset": {[]string{standard, drawing}, "letters are unaware of reports"},
	"internal/report/chart":   {[]string{standard, only + "internal/report", "internal/report/show", "internal/report/typeset", drawing}, "a chart is drawn once for all formats"},
	"internal/report/html":    {[]string{standard, only + "internal/report", "internal/report/show", "internal/report/typeset", "internal/report/chart", drawing}, aFormat},
	"internal/report/pdf":     {[]string{standard, only + "internal/report", "internal/report/show", "internal/report/typeset", "internal/report/chart", drawing}, aFormat},
	"internal/report/xlsx":    {[]string{standard, only + "internal/report", "internal/report/show", "internal/report/chart", workbook}, aFormat},
	"internal/report/format": {
		[]string{
			standard, only + "internal/report",
			"internal/report/csv", "internal/report/json", "internal/report/xlsx", "internal/report/html", "internal/report/pdf",
		},
		"it only names the formats",
	},
}

func TestTheHeartImportsOnlyWhatItMust(t *testing.T) {
	hold(t, heart, "internal/usage/x.go", `package usage; import _ "go.uber.org/zap"`)
}

func heart(f file) []string {
	law, ok := allowed[f.pkg()]
	if !ok || f.test() {
		return nil
	}
	var offences []string
	for _, p := range f.imports() {
		if !permitted(p, law.imports) {
			offences = append(offences, fmt.Sprintf("imports %s; %s may import %s: %s", p, f.pkg(), strings.Join(law.imports, ", "), law.why))
		}
	}
	return offences
}

func permitted(p string, list []string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		if exact, ok := strings.CutPrefix(entry, only); ok {
			return p == exact
		}
		return below(p, entry) || entry == standard && isStandard(p)
	})
}

func isStandard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".") && !slices.Contains(folders, first)
}

// folders are the first parts of this module's import paths.
var folders = []string{"cmd", "exporter", "extension", "internal", "plugin", "processor", "receiver", "test"}

var components = []string{"exporter", "extension", "processor", "receiver"}

func TestNothingImportsAComponentACommandOrATest(t *testing.T) {
	hold(t, topIsTop, "internal/ledger/x.go", `package ledger; import _ "github.com/otelcol-usage/otelcol-usage/extension/usageledger"`)
}

func topIsTop(f file) []string {
	if f.in("test") {
		return nil
	}
	var offences []string
	for _, p := range f.imports() {
		first, _, _ := strings.Cut(p, "/")
		top := slices.Contains(components, first) || first == "cmd" || first == "test"
		if top && !ownTree(f, p) {
			offences = append(offences, fmt.Sprintf("imports %s: components, commands and tests are ends; what two of them share belongs into internal", p))
		}
	}
	return offences
}

// ownTree reports whether the import is a part of the component that the file is of.
func ownTree(f file, p string) bool {
	parts := strings.SplitN(f.pkg(), "/", 3)
	return len(parts) >= 2 && below(p, path.Join(parts[0], parts[1]))
}

func TestOnlyPromstoreImportsPrometheus(t *testing.T) {
	hold(t, onePrometheus, "cmd/usagectl/x.go", `package main; import _ "github.com/prometheus/prometheus/tsdb"`)
}

// grammar is what may be imported elsewhere: a query is bound as it is parsed.
var grammar = []string{"github.com/prometheus/prometheus/model/labels", "github.com/prometheus/prometheus/promql/parser"}

func onePrometheus(f file) []string {
	const prometheus = "github.com/prometheus/prometheus"
	if f.in("internal/promstore") {
		return nil
	}
	var offences []string
	for _, p := range f.imports() {
		if below(p, prometheus) && !(f.in("internal/access/promql") && slices.Contains(grammar, p)) {
			offences = append(offences, "imports "+p+": Prometheus is no library and its signatures move each release, so one package follows them")
		}
	}
	return offences
}

func TestOnlySheetWritesCSV(t *testing.T) {
	hold(t, oneCSV, "cmd/usagectl/x.go", `package main; import _ "encoding/csv"`)
}

// oneCSV lets tests read CSV back by what others would read it with.
func oneCSV(f file) []string {
	if f.test() || f.in("internal/sheet") || !slices.Contains(f.imports(), "encoding/csv") {
		return nil
	}
	return []string{"imports encoding/csv: a text that begins with = is a program to a spreadsheet; internal/sheet writes cells that are safe to open"}
}

func TestThePluginSpeaksHTTPOnly(t *testing.T) {
	hold(t, pluginApart, "plugin/pkg/x.go", `package x; import _ "github.com/otelcol-usage/otelcol-usage/internal/ledger"`)
}

func pluginApart(f file) []string {
	if !f.in("plugin") {
		return nil
	}
	var offences []string
	for _, p := range f.imports() {
		if !isStandard(p) && slices.Contains(folders, strings.Split(p, "/")[0]) && !below(p, "plugin") && !below(p, "internal/access") {
			offences = append(offences, "imports "+p+": the plugin runs inside Grafana, far from the ledger, and speaks HTTP to it; only the gate in front of figures is the same")
		}
	}
	return offences
}
