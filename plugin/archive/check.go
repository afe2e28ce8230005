// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const (
	id         = "otelcol-usage-app"
	datasource = "otelcol-usage-datasource"
	executable = "gpx_usage"
)

// files are what an archive has besides what its plugin.json name.
var files = []string{"plugin.json", "module.js", "README.md", "CHANGELOG.md", "LICENSE", "datasource/plugin.json", "datasource/module.js"}

// machines are those that a backend is for.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// description is a plugin.json.
type description struct {
	ID, Type, Name, Executable string
	Backend                    bool
	Info                       struct {
		Description, Version, Updated string
		Author                        struct{ Name string }
		Logos                         struct{ Small, Large string }
	}
	Includes     []struct{ Type, Path string }
	Dependencies struct{ GrafanaDependency string }
}

// check returns what is wrong with a plugin's directory.
func check(plugin fs.FS) (wrong []string) {
	complain := func(format string, values ...any) { wrong = append(wrong, fmt.Sprintf(format, values...)) }
	for _, name := range files {
		if info, err := fs.Stat(plugin, name); err != nil || info.Size() == 0 {
			complain("%s is missing or empty", name)
		}
	}
	app := describe(plugin, "plugin.json", complain)
	nested := describe(plugin, "datasource/plugin.json", complain)
	if app.ID != id || app.Type != "app" {
		complain("plugin.json is of %q, a %q", app.ID, app.Type)
	}
	if nested.ID != datasource || nested.Type != "datasource" || !nested.Backend || nested.Executable != executable {
		complain("datasource/plugin.json is of %q, a %q with the executable %q", nested.ID, nested.Type, nested.Executable)
	}
	if app.Info.Version != nested.Info.Version {
		complain("the app is of version %s and the datasource of %s", app.Info.Version, nested.Info.Version)
	}
	dashboards := 0
	for _, include := range app.Includes {
		if include.Type == "dashboard" {
			dashboards++
		}
		if include.Type != "page" {
			if text, err := fs.ReadFile(plugin, include.Path); err != nil || !json.Valid(text) {
				complain("%s, which plugin.json includes, is missing or no JSON", include.Path)
			}
		}
	}
	if dashboards != 6 {
		complain("there are %d dashboards, and not 6", dashboards)
	}
	for arch, machine := range machines {
		executables(plugin, arch, machine, complain)
	}
	err := fs.WalkDir(plugin, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && (entry.Name() == "node_modules" || slices.Contains([]string{".map", ".ts", ".tsx"}, path.Ext(name))) {
			complain("%s does not belong to an archive", name)
		}
		return err
	})
	if err != nil {
		complain("%v", err)
	}
	slices.Sort(wrong)
	return wrong
}

func describe(plugin fs.FS, name string, complain func(string, ...any)) (d description) {
	text, err := fs.ReadFile(plugin, name)
	if err != nil {
		return d // said already
	}
	if err := json.Unmarshal(text, &d); err != nil {
		complain("%s: %v", name, err)
	}
	if bytes.Contains(text, []byte("%VERSION%")) || bytes.Contains(text, []byte("%TODAY%")) {
		complain("%s has a placeholder", name)
	}
	if d.Name == "" || d.Info.Description == "" || d.Info.Author.Name == "" || d.Info.Version == "" || d.Info.Updated == "" {
		complain("%s lacks a name, description, author, version or date", name)
	}
	if !strings.HasPrefix(d.Dependencies.GrafanaDependency, ">=12.3") {
		complain("%s is for Grafana %q", name, d.Dependencies.GrafanaDependency)
	}
	for _, logo := range []string{d.Info.Logos.Small, d.Info.Logos.Large} {
		if _, err := fs.Stat(plugin, path.Join(path.Dir(name), logo)); logo == "" || err != nil {
			complain("%s: the logo %q is missing", name, logo)
		}
	}
	return d
}

// executables are for Linux, and need nothing that a machine may not have.
func executables(plugin fs.FS, arch string, machine elf.Machine, complain func(string, ...any)) {
	name := "datasource/" + executable + "_linux_" + arch
	text, err := fs.ReadFile(plugin, name)
	if err != nil {
		complain("%s is missing", name)
		return
	}
	program, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		complain("%s: %v", name, err)
		return
	}
	if program.Machine != machine {
		complain("%s is for %s", name, program.Machine)
	}
	if libraries, err := program.ImportedLibraries(); err == nil && len(libraries) > 0 {
		complain("%s needs %s", name, strings.Join(libraries, ", "))
	}
}
