// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// lived makes a ledger and a store of four months of the demo's history and
// runs a collector on them.
func lived(t *testing.T) *collector.Collector {
	t.Helper()
	return collector.Start(t, history(t, ""))
}

// history makes both, for a collector with more of the ledger's configuration.
func history(t *testing.T, more string) collector.Settings {
	t.Helper()
	directory := t.TempDir()
	history := filepath.Join(directory, "history")
	_, err := collector.Usagectl(t, "demo", "generate", "--months", "4", "--out", history)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(history, "*.jsonl"))
	require.NoError(t, err)
	root := collector.Root(t)
	listed := filepath.Join(root, "config", "demo-organizations.yaml")
	_, err = collector.Usagectl(t, append([]string{
		"replay", "--config", filepath.Join(root, "config", "default.yaml"), "--catalogue", listed, "--step", "24h", "--fine", "1h",
		"--ledger", filepath.Join(directory, "ledger"), "--tsdb", filepath.Join(directory, "tsdb"),
	}, files...)...)
	require.NoError(t, err)
	return collector.Settings{Directory: directory, Overlay: "extensions: {usage_ledger: {catalogue: " + listed + more + "}}"}
}

// jsonReport is a report as programs load it.
type jsonReport struct {
	Period struct {
		Start   time.Time
		Running bool
	}
	Notes    []string
	Sections []struct {
		Name string
		Rows []map[string]any
	}
}

func (r *jsonReport) rows(t *testing.T, section string) []map[string]any {
	t.Helper()
	for _, s := range r.Sections {
		if s.Name == section {
			return s.Rows
		}
	}
	t.Fatalf("no section %s", section)
	return nil
}

func number(t *testing.T, text any) float64 {
	t.Helper()
	switch n := text.(type) {
	case string:
		f, err := strconv.ParseFloat(n, 64)
		require.NoError(t, err)
		return f
	case float64:
		return n
	default:
		t.Fatalf("%v is no number", text)
		return 0
	}
}

// gaugesOf are an organization's gauges in the store, without the organization.
func gaugesOf(c *collector.Collector, organization string) (map[string]float64, error) {
	var data struct {
		Result []struct {
			Metric map[string]string
			Value  [2]any
		}
	}
	query := url.Values{"query": {`{__name__=~"usage_.+",organization="` + organization + `"}`}}
	if err := collector.Ask("http://"+c.Store+"/api/v1/query?"+query.Encode(), &data); err != nil {
		return nil, err
	}
	gauges := map[string]float64{}
	for _, r := range data.Result {
		name := r.Metric["__name__"]
		delete(r.Metric, "__name__")
		delete(r.Metric, "organization")
		value, err := strconv.ParseFloat(r.Value[1].(string), 64)
		if err != nil {
			return nil, err
		}
		gauges[collector.Series(name, r.Metric)] = value
	}
	return gauges, nil
}

// otherReader adds the totals of a bill up, as a program does that knows nothing
// of ours: Python's readers of CSV and JSON into SQLite, and a workbook as the
// parts and the numbers that it is made of.
const otherReader = `
import csv, decimal, json, sqlite3, sys, zipfile, xml.etree.ElementTree as xml
path = sys.argv[1]
if path.endswith("csv"):
    totals = [row["total"] for row in csv.DictReader(open(path, encoding="utf-8", newline=""))]
elif path.endswith("json"):
    totals = [row["total"] for s in json.load(open(path, encoding="utf-8"))["sections"] if s["name"] == "charges" for row in s["rows"]]
else:
    book = zipfile.ZipFile(path)
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    names = [s.get("name") for s in xml.fromstring(book.read("xl/workbook.xml")).iter(space + "sheet")]
    sheet = xml.fromstring(book.read("xl/worksheets/sheet%d.xml" % (names.index("Totals by currency") + 1)))
    cells = list(sheet.iter(space + "row"))[1].findall(space + "c")
    totals = [cells[-1].find(space + "v").text]
db = sqlite3.connect(":memory:")
db.execute("create table t (cents integer)")
db.executemany("insert into t values (?)", [(int(decimal.Decimal(t) * 100),) for t in totals])
print("%.2f" % (db.execute("select sum(cents) from t").fetchone()[0] / 100))
`

// usedSeries is the gauge of what a quota counts of a meter of the demo, in the
// running month.
var usedSeries = map[string]string{
	"active_learners": "usage_active_users", "product_users": "usage_active_users", "operators": "usage_hour_users_peak",
	"transcription_minutes": "usage_consumption", "documents": "usage_consumption", "api_calls": "usage_consumption",
}

func TestReportsHaveTheFiguresOfGaugesAndStatements(t *testing.T) {
	t.Parallel()
	c := lived(t)
	load := func(query string) *jsonReport {
		r := &jsonReport{}
		status, body := c.Get(t, "/api/v1/reports/"+query)
		require.Equal(t, http.StatusOK, status, body)
		require.NoError(t, json.Unmarshal([]byte(body), r))
		return r
	}

	c.Eventually(t, func() error { // until the first minute is collected
		if status, body := c.Get(t, "/api/v1/reports/activity?period=current"); status != http.StatusOK {
			return errors.New(body)
		}
		return nil
	})

	t.Run("gauges", func(t *testing.T) {
		compared := 0
		c.Eventually(t, func() error {
			compared = 0
			r := load("usage-summary?period=current")
			for _, row := range r.rows(t, "usage") {
				name, meter := row["organization"].(string), row["meter"].(string)
				gauges, err := gaugesOf(c, name)
				if err != nil {
					return err
				}
				series := usedSeries[meter]
				if series == "" {
					continue // of classes: as a quota, below
				}
				labels := map[string]string{"meter": meter, "window": "month", "period": "current"}
				if series == "usage_consumption" {
					labels["unit"] = row["used_unit"].(string)
				}
				gauge, found := gauges[collector.Series(series, labels)]
				if used := number(t, row["used"]); !found || gauge != used {
					return fmt.Errorf("%s: the report has %v, the gauge %v", collector.Series(series, labels), used, gauge)
				}
				compared++
			}
			for _, row := range r.rows(t, "quotas") {
				gauges, err := gaugesOf(c, row["organization"].(string))
				if err != nil {
					return err
				}
				labels := map[string]string{"meter": row["meter"].(string), "window": row["window"].(string)}
				for column, series := range map[string]string{"used": "usage_quota_used", "limit": "usage_quota_limit", "remaining": "usage_quota_remaining", "overage": "usage_quota_overage"} {
					if gauge, found := gauges[collector.Series(series, labels)]; !found || gauge != number(t, row[column]) {
						return fmt.Errorf("%s: the report has %v, the gauge %v", collector.Series(series, labels), row[column], gauge)
					}
					compared++
				}
			}
			return nil
		})
		require.Greater(t, compared, 25)
	})

	closed := time.Now().UTC().AddDate(0, -2, 0) // past its grace, whatever the day
	closed = time.Date(closed.Year(), closed.Month(), 1, 0, 0, 0, 0, time.UTC)
	period := closed.Format("2006-01")

	t.Run("statements", func(t *testing.T) {
		compared := 0
		for _, organization := range []string{"acme", "kaveri", "learnwell", "nordhafen", "tasman"} {
			summary := load("usage-summary?organization=" + organization + "&period=" + period)
			activity := load("activity?organization=" + organization + "&period=" + period)
			require.Empty(t, summary.Notes)
			var answer struct {
				Data struct {
					Statements []struct {
						Meter    string
						Versions []struct {
							Used    json.Number
							Figures []struct {
								Name   string
								Labels map[string]string
								Value  json.Number
							}
						}
					}
				}
			}
			require.Equal(t, http.StatusOK, get(t, "http://"+c.API+"/api/v1/organizations/"+organization+"/statements?window=month&period="+period, &answer))
			for _, s := range answer.Data.Statements {
				current := s.Versions[len(s.Versions)-1]
				for _, row := range summary.rows(t, "usage") {
					if row["meter"] == s.Meter {
						require.Equal(t, current.Used.String(), row["used"], "%s of %s", s.Meter, organization)
						require.Equal(t, "closed", row["state"])
						compared++
					}
				}
				for _, f := range current.Figures {
					switch dimension := f.Labels["dimension"]; {
					case dimension != "" && strings.HasSuffix(f.Name, "_breakdown"):
						for _, row := range summary.rows(t, "by."+s.Meter+"."+dimension) {
							if row["value"] == f.Labels["dimension_value"] {
								require.Equal(t, f.Value.String(), row["used"])
								compared++
							}
						}
					case f.Name == "usage_active_users":
						for _, row := range activity.rows(t, "active_users") {
							if class, _ := row["class"].(string); row["meter"] == s.Meter && class == f.Labels["class"] {
								require.InDelta(t, number(t, f.Value.String()), number(t, row["users"]), 0)
								compared++
							}
						}
					case f.Name == "usage_concurrent_users_net_peak":
						for _, row := range activity.rows(t, "concurrent_users") {
							require.InDelta(t, number(t, f.Value.String()), number(t, row["net_peak"]), 0)
							compared++
						}
					}
				}
			}
		}
		require.Greater(t, compared, 60)
	})

	t.Run("periods before", func(t *testing.T) {
		compared := 0
		for _, window := range []string{"month", "cycle"} {
			for _, organization := range []string{"acme", "kaveri", "learnwell"} { // cycles from the 15th, the 31st and the 1st on
				used := func(month time.Time) map[string]string {
					var answer struct {
						Data struct {
							Statements []struct {
								Meter    string
								Versions []struct{ Used json.Number }
							}
						}
					}
					path := "/api/v1/organizations/" + organization + "/statements?window=" + window + "&period=" + month.Format("2006-01")
					require.Equal(t, http.StatusOK, get(t, "http://"+c.API+path, &answer))
					byMeter := map[string]string{}
					for _, s := range answer.Data.Statements {
						byMeter[s.Meter] = s.Versions[len(s.Versions)-1].Used.String()
					}
					return byMeter
				}
				month := closed
				if window == "cycle" {
					month = closed.AddDate(0, -1, 0) // which is over and closed whatever the anchor
				}
				now, before := used(month), used(month.AddDate(0, -1, 0))
				r := load("usage-summary?organization=" + organization + "&window=" + window + "&period=" + month.Format("2006-01"))
				for _, row := range r.rows(t, "usage") {
					meter := row["meter"].(string)
					require.Equal(t, now[meter], row["used"], "%s of %s by %s", meter, organization, window)
					if was, known := before[meter]; known {
						require.Equal(t, was, row["before"], "%s of %s by %s", meter, organization, window)
						compared++
					}
					history := r.rows(t, "history."+meter)
					require.Equal(t, row["used"], history[len(history)-1]["used"])
				}
			}
		}
		require.Greater(t, compared, 12)
	})

	t.Run("users", func(t *testing.T) {
		users := load("users?organization=acme&period=" + period)
		counted := map[string]float64{}
		for _, row := range users.rows(t, "users") {
			if row["meter"] == "workspace_users" && row["counts"] == "yes" {
				counted[row["class"].(string)]++
			}
		}
		activity := load("activity?organization=acme&period=" + period)
		for _, row := range activity.rows(t, "active_users") {
			if row["meter"] == "workspace_users" {
				require.InDelta(t, number(t, row["users"]), counted[row["class"].(string)], 0, "%s", row["class"])
			}
		}
	})

	t.Run("formats", func(t *testing.T) {
		directory := t.TempDir()
		for _, kind := range []string{"usage-summary", "billing", "activity", "users"} {
			for _, format := range []string{"pdf", "xlsx", "csv", "json", "ndjson", "html", "focus"} {
				if format == "focus" && kind != "billing" {
					continue
				}
				for _, of := range [][]string{nil, {"--organization", "acme"}, {"--reseller", "north"}} {
					_, err := collector.Usagectl(t, append([]string{"report", kind, "--api", "http://" + c.API, "--period", period, "--format", format, "--out", directory}, of...)...)
					require.NoError(t, err)
				}
			}
		}
		names, err := filepath.Glob(filepath.Join(directory, "*"))
		require.NoError(t, err)
		require.Len(t, names, 3*(4*6+1))

		// The total of the bill is the same in three formats, as others read it.
		total := load("billing?organization=acme&period="+period).rows(t, "totals")[0]["total"].(string)
		text, err := os.ReadFile(filepath.Join(directory, "billing_acme_"+period+".csv"))
		require.NoError(t, err)
		table, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		require.NoError(t, err)
		sum := 0.0
		for _, row := range table[1:] {
			for i, name := range table[0] {
				if name == "total" {
					sum += number(t, row[i])
				}
			}
		}
		require.Equal(t, total, fmt.Sprintf("%.2f", sum))
		for _, name := range []string{"csv", "xlsx", "json"} {
			command := exec.CommandContext(t.Context(), "python3", "-c", otherReader, filepath.Join(directory, "billing_acme_"+period+"."+name))
			out, err := command.CombinedOutput()
			require.NoError(t, err, "Python 3 reads what we write: %s", out)
			require.Equal(t, total, strings.TrimSpace(string(out)), name)
		}
		book, err := excelize.OpenFile(filepath.Join(directory, "billing_acme_"+period+".xlsx"))
		require.NoError(t, err)
		defer func() { require.NoError(t, book.Close()) }()
		sheet, err := book.GetRows("Totals by currency", excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		require.Contains(t, fmt.Sprint(sheet), strings.TrimSuffix(strings.TrimSuffix(total, "0"), ".0"))
	})

	t.Run("bad input", func(t *testing.T) {
		for query, want := range map[string]struct {
			status int
			text   string
		}{
			"billing?period=October":                            {http.StatusBadRequest, `period: \"October\": no such period; write a year as 2026`},
			"billing?period=2026-W10":                           {http.StatusBadRequest, `bills are by calendar month`},
			"billing?period=2099-01":                            {http.StatusBadRequest, `period: \"2099-01\": it has not begun`},
			"billing?period=2001-01":                            {http.StatusBadRequest, `period: \"2001-01\": the ledger began on`},
			"costs?period=2026-10":                              {http.StatusBadRequest, `report: \"costs\": there is none: use one of usage-summary, billing, activity, users`},
			"billing?period=current&format=doc":                 {http.StatusBadRequest, `format: \"doc\": use one of pdf, xlsx, csv, json, ndjson, html, focus`},
			"activity?period=current&format=focus":              {http.StatusBadRequest, `format: \"focus\": it is of bills`},
			"activity?period=current&organization=nobody":       {http.StatusNotFound, `organization \"nobody\": not in the catalogue`},
			"activity?period=current&reseller=nobody":           {http.StatusNotFound, `reseller \"nobody\": no organization`},
			"activity?period=current&basis=guessed":             {http.StatusBadRequest, `basis: \"guessed\": use one of known, billed`},
			"activity?period=current&section=costs":             {http.StatusBadRequest, `section \"costs\": a activity report has events`},
			"activity?period=current&format=pdf&section=events": {http.StatusBadRequest, `section: \"events\": pdf has all sections`},
			"activity?month=10":                                 {http.StatusBadRequest, `month: no such parameter`},
		} {
			status, body := c.Get(t, "/api/v1/reports/"+query)
			require.Equal(t, want.status, status, query)
			require.Contains(t, body, want.text, query)
		}
		_, err := collector.Usagectl(t, "report", "costs", "--api", "http://"+c.API)
		require.ErrorContains(t, err, `"costs"`)
	})
}
