// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// program is the head of an executable for a machine.
func program(machine elf.Machine) []byte {
	head := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Shentsize: 64}
	copy(head.Ident[:], elf.ELFMAG)
	head.Ident[elf.EI_CLASS], head.Ident[elf.EI_DATA], head.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, head); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const about = `"info": {"description": "d", "version": "1.0.0", "updated": "2026-11-28", "author": {"name": "a"}, "logos": {"small": "img/logo.svg", "large": "img/logo.svg"}}, "dependencies": {"grafanaDependency": ">=12.3.0"}`

// whole is a plugin as Grafana takes it.
func whole() fstest.MapFS {
	includes := `{"type": "page", "path": "/a/x"}, {"type": "datasource", "path": "datasource/plugin.json"}`
	plugin := fstest.MapFS{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		plugin["dashboards/"+name+".json"] = &fstest.MapFile{Data: []byte("{}")}
		includes += `, {"type": "dashboard", "path": "dashboards/` + name + `.json"}`
	}
	for name, text := range map[string]string{
		"plugin.json":            `{"id": "otelcol-usage-app", "type": "app", "name": "Usage", "includes": [` + includes + `], ` + about + `}`,
		"datasource/plugin.json": `{"id": "otelcol-usage-datasource", "type": "datasource", "name": "Usage", "backend": true, "executable": "gpx_usage", ` + about + `}`,
		"module.js":              "define()", "datasource/module.js": "define()", "README.md": "r", "CHANGELOG.md": "c", "LICENSE": "l", "img/logo.svg": "<svg/>", "datasource/img/logo.svg": "<svg/>",
		"datasource/gpx_usage_linux_amd64": string(program(elf.EM_X86_64)), "datasource/gpx_usage_linux_arm64": string(program(elf.EM_AARCH64)),
	} {
		plugin[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return plugin
}

func TestAPluginThatIsNotWholeIsRefused(t *testing.T) {
	require.Empty(t, check(whole()))
	for name := range whole() {
		broken := whole()
		delete(broken, name)
		require.Contains(t, strings.Join(check(broken), "\n"), filepath.Base(name), "without %s", name)
	}
	replaced := func(name, old, new string) fstest.MapFS {
		broken := maps.Clone(whole())
		text := string(broken[name].Data)
		require.Contains(t, text, old)
		broken[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, old, new))}
		return broken
	}
	with := func(name string) fstest.MapFS {
		broken := whole()
		broken[name] = &fstest.MapFile{Data: []byte("x")}
		return broken
	}
	for says, broken := range map[string]fstest.MapFS{
		`is of "other-app"`:           replaced("plugin.json", `"otelcol-usage-app"`, `"other-app"`),
		`with the executable "gpx_x"`: replaced("datasource/plugin.json", `"gpx_usage"`, `"gpx_x"`),
		"has a placeholder":           replaced("plugin.json", `2026-11-28`, `%TODAY%`),
		"of version 1.0.0 and":        replaced("datasource/plugin.json", `1.0.0`, `1.0.1`),
		`is for Grafana ">=11.0.0"`:   replaced("plugin.json", `>=12.3.0`, `>=11.0.0`),
		"lacks a name":                replaced("plugin.json", `"description": "d"`, `"description": ""`),
		"there are 5 dashboards":      replaced("plugin.json", `, {"type": "dashboard", "path": "dashboards/f.json"}`, ``),
		"is for EM_X86_64":            {}, // below
		"does not belong":             with("module.js.map"),
		"node_modules":                with("node_modules/x.js"),
		"arm64: EOF":                  with("datasource/gpx_usage_linux_arm64"),
		"no JSON":                     with("dashboards/a.json"),
	} {
		if len(broken) == 0 {
			broken = whole()
			broken["datasource/gpx_usage_linux_arm64"] = broken["datasource/gpx_usage_linux_amd64"]
		}
		require.Contains(t, strings.Join(check(broken), "\n"), says)
	}
	require.ErrorContains(t, run(t.TempDir(), filepath.Join(t.TempDir(), "x.zip")), "is no plugin")
}

func TestAnArchiveIsTheSameEachTime(t *testing.T) {
	var first, second bytes.Buffer
	require.NoError(t, write(&first, whole()))
	require.NoError(t, write(&second, whole()))
	require.Equal(t, first.Bytes(), second.Bytes())
	archive, err := zip.NewReader(bytes.NewReader(first.Bytes()), int64(first.Len()))
	require.NoError(t, err)
	require.Len(t, archive.File, len(whole()))
	for _, f := range archive.File {
		name, below := strings.CutPrefix(f.Name, "otelcol-usage-app/")
		require.True(t, below, f.Name)
		require.Equal(t, strings.Contains(name, "gpx_"), f.Mode()&0o111 != 0, "%s is executable if it is a program", name)
		from, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(from)
		require.NoError(t, err)
		require.Equal(t, whole()[name].Data, text)
	}
}
