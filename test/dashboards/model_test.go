// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// dashboard is what the JSON of a dashboard may have; an unknown field is an
// error, since Grafana passes over what it does not know.
type dashboard struct {
	UID                  string     `json:"uid"`
	Title                string     `json:"title"`
	Description          string     `json:"description"`
	Tags                 []string   `json:"tags"`
	Timezone             string     `json:"timezone"`
	Editable             bool       `json:"editable"`
	GraphTooltip         int        `json:"graphTooltip"`
	FiscalYearStartMonth int        `json:"fiscalYearStartMonth"`
	SchemaVersion        int        `json:"schemaVersion"`
	Refresh              string     `json:"refresh"`
	Time                 timeRange  `json:"time"`
	Panels               []panel    `json:"panels"`
	Templating           templating `json:"templating"`
	Annotations          struct {
		List []any `json:"list"`
	} `json:"annotations"`
	Links []link `json:"links"`
}

type timeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type templating struct {
	List []variable `json:"list"`
}

type variable struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Label       string          `json:"label"`
	Description string          `json:"description"`
	SkipURLSync bool            `json:"skipUrlSync"`
	Query       json.RawMessage `json:"query"`
	Datasource  *datasource     `json:"datasource"`
	Current     *struct {
		Selected bool   `json:"selected"`
		Text     string `json:"text"`
		Value    string `json:"value"`
	} `json:"current"`
	Multi            bool   `json:"multi"`
	AllowCustomValue bool   `json:"allowCustomValue"`
	Refresh          int    `json:"refresh"`
	Sort             int    `json:"sort"`
	IncludeAll       bool   `json:"includeAll"`
	AllValue         string `json:"allValue"`
	Regex            string `json:"regex"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type panel struct {
	ID              int              `json:"id"`
	Type            string           `json:"type"`
	Title           string           `json:"title"`
	Description     string           `json:"description"`
	Transparent     bool             `json:"transparent"`
	Collapsed       bool             `json:"collapsed"`
	RepeatDirection string           `json:"repeatDirection"`
	GridPos         gridPos          `json:"gridPos"`
	Datasource      *datasource      `json:"datasource"`
	Targets         []target         `json:"targets"`
	Interval        string           `json:"interval"`
	TimeShift       string           `json:"timeShift"`
	HideTime        bool             `json:"hideTimeOverride"`
	Transformations []transformation `json:"transformations"`
	FieldConfig     fieldConfig      `json:"fieldConfig"`
	Options         json.RawMessage  `json:"options"`
	Panels          []panel          `json:"panels"`
}

type transformation struct {
	ID      string          `json:"id"`
	Options json.RawMessage `json:"options"`
}

type gridPos struct{ H, W, X, Y int }

type target struct {
	RefID        string      `json:"refId"`
	Expr         string      `json:"expr"`
	LegendFormat string      `json:"legendFormat"`
	Format       string      `json:"format"`
	Instant      bool        `json:"instant"`
	Range        bool        `json:"range"`
	Datasource   *datasource `json:"datasource"`
}

type fieldConfig struct {
	Defaults struct {
		Unit       string          `json:"unit"`
		NoValue    string          `json:"noValue"`
		Decimals   *int            `json:"decimals"`
		Min        *float64        `json:"min"`
		Max        *float64        `json:"max"`
		Mappings   []any           `json:"mappings"`
		Thresholds json.RawMessage `json:"thresholds"`
		Color      json.RawMessage `json:"color"`
		Links      []link          `json:"links"`
		Custom     json.RawMessage `json:"custom"`
	} `json:"defaults"`
	Overrides []override `json:"overrides"`
}

type override struct {
	Matcher struct {
		ID      string `json:"id"`
		Options any    `json:"options"`
	} `json:"matcher"`
	Properties []struct {
		ID    string          `json:"id"`
		Value json.RawMessage `json:"value"`
	} `json:"properties"`
}

type link struct {
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Icon        string   `json:"icon"`
	Tooltip     string   `json:"tooltip"`
	URL         string   `json:"url"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	TargetBlank bool     `json:"targetBlank"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
}

// load reads all dashboards, by their uid.
func load(t *testing.T) map[string]*dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "dashboards", "json", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]*dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		d := &dashboard{}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(d), file)
		require.Equal(t, filepath.Base(file), d.UID+".json")
		all[d.UID] = d
	}
	return all
}

// transformation finds the options of one, if the panel has it.
func (p *panel) transformation(t *testing.T, id string, into any) bool {
	t.Helper()
	for _, found := range p.Transformations {
		if found.ID == id {
			require.NoError(t, json.Unmarshal(found.Options, into), "%s: %s", p.Title, id)
			return true
		}
	}
	return false
}

// all are the panels, each row before those that are collapsed in it.
func (d *dashboard) all() (panels []*panel) {
	for i := range d.Panels {
		p := &d.Panels[i]
		panels = append(panels, p)
		for j := range p.Panels {
			panels = append(panels, &p.Panels[j])
		}
	}
	return panels
}

// queried are the panels that have queries: all but rows and words.
func (d *dashboard) queried() []*panel {
	return slices.DeleteFunc(d.all(), func(p *panel) bool { return p.Type == "row" || p.Type == "text" })
}

// links are the bar's and those of all panels and columns.
func (d *dashboard) links(t *testing.T) []link {
	t.Helper()
	links := slices.Clone(d.Links)
	for _, p := range d.all() {
		links = append(links, p.FieldConfig.Defaults.Links...)
		for _, o := range p.FieldConfig.Overrides {
			for _, property := range o.Properties {
				if property.ID == "links" {
					var more []link
					require.NoError(t, json.Unmarshal(property.Value, &more))
					links = append(links, more...)
				}
			}
		}
	}
	return links
}

func (d *dashboard) variable(name string) *variable {
	for i := range d.Templating.List {
		if d.Templating.List[i].Name == name {
			return &d.Templating.List[i]
		}
	}
	return nil
}
