// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

func newReportCommand() *cobra.Command {
	var (
		client  apiClient
		filters [7]string
		out     string
	)
	names := [...]string{"organization", "reseller", "period", "window", "basis", "format", "section"}
	cmd := &cobra.Command{
		Use:   "report {usage-summary|billing|activity|users}",
		Short: "Write a report as CSV, Excel, PDF, HTML or JSON",
		Long: `Writes a report of one organization, of a reseller's, or of all, from the usage
API of a running collector, to a file or to the standard output.

  usage-summary  how much was used, compared with before, by whom, and what is left
  billing        every billing window of a month, what it costs, and adjustments
  activity       what was made, who signed up, who was active, what was adopted
  users          who counted, in which class, by which action (personal data)

A period is a year (2026), half (2026-H2), quarter (2026-Q4), month (2026-10), week
(2026-W44) or day (2026-10-15) of each organization's own zone, or current or
previous; with --window cycle a month stands for the billing cycle that begins in
it.`,
		Example: `  usagectl report billing --period 2026-10 --format pdf --out .
  usagectl report usage-summary --organization acme --period previous --format xlsx --out acme.xlsx
  usagectl report activity --reseller north --period 2026-Q3 --format csv --section sign_ups
  usagectl report billing --period 2026-10 --format focus --out focus.csv`,
		Args:      arguments(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)),
		ValidArgs: []string{"usage-summary", "billing", "activity", "users"},
		RunE: func(cmd *cobra.Command, args []string) error {
			query := url.Values{}
			for i, name := range names {
				if filters[i] != "" {
					query.Set(name, filters[i])
				}
			}
			if out == "" && isTerminal(cmd.OutOrStdout()) && (filters[5] == "pdf" || filters[5] == "xlsx") {
				return wrongUsage{fmt.Errorf("--format %q: a terminal cannot show it; give a file or directory with --out", filters[5])}
			}
			path, err := client.download(cmd.Context(), "reports/"+url.PathEscape(args[0]), query, out, cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err == nil && path != "" {
				_, err = fmt.Fprintln(cmd.ErrOrStderr(), path)
			}
			return err
		},
	}
	client.flags(cmd)
	for i, usage := range []string{
		"of this organization, by its id (default: all)", "of the organizations of this reseller", "what it covers (default: the month before)",
		"cycle, for billing cycles; of current and previous any calendar window", "known: what is known now, or billed: what was known when the period was first billed",
		"csv, xlsx, pdf, html, json, ndjson, or of bills focus", "of csv and ndjson, which have one table: its name (default: the main one)",
	} {
		cmd.Flags().StringVar(&filters[i], names[i], map[string]string{"format": "csv", "period": "previous"}[names[i]], usage)
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write, or directory for a file that is named by what is in it (default: the standard output)")
	complete(cmd, "format", "csv", "xlsx", "pdf", "html", "json", "ndjson", "focus")
	complete(cmd, "basis", "known", "billed")
	complete(cmd, "period", "current", "previous")
	return cmd
}

// complete offers values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is there
	}
}

// downloadTimeout bounds the wait for the first byte: a report on many
// organizations is made first.
const downloadTimeout = 10 * time.Minute

// download writes an answer that is no JSON envelope to a file, to a file in a
// directory, which the answer names, or for "" to stdout. It returns the path of
// the file, of which nothing is left unless it is whole.
func (c *apiClient) download(ctx context.Context, path string, query url.Values, out string, stdout, stderr io.Writer) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	response, err := c.ask(ctx, http.MethodGet, "/api/v1/"+path+"?"+query.Encode())
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }() // only read from
	if response.StatusCode != http.StatusOK {
		return "", c.refused(response)
	}
	bar := progressbar.NewOptions64(response.ContentLength, progressbar.OptionSetWriter(stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(terminalInterval), progressbar.OptionClearOnFinish(), progressbar.OptionSetVisibility(isTerminal(stderr)))
	defer func() { _ = bar.Finish() }() // progress is no result
	body := io.TeeReader(response.Body, bar)
	if out == "" {
		_, err := io.Copy(stdout, body)
		return "", err
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		_, params, err := mime.ParseMediaType(response.Header.Get("Content-Disposition"))
		if err != nil || params["filename"] == "" {
			return "", errors.New("the answer names no file: give one with --out")
		}
		out = filepath.Join(out, filepath.Base(params["filename"]))
	}
	return out, writeWhole(out, body)
}

// writeWhole writes a file beside its place and puts it there when it is whole.
func writeWhole(path string, from io.Reader) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = io.Copy(file, from)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// refused is the error of an answer that is not a success.
func (c *apiClient) refused(response *http.Response) error {
	if response.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("%s: it wants credentials; give them with --header", c.address)
	}
	var answer struct{ Error string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s answers %s, and not as the usage API does: %w", c.address, response.Status, err)
	}
	return fmt.Errorf("%s: %s", response.Status, answer.Error)
}
