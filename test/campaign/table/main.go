// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command table prints what a campaign came to, in Markdown: lines of the same
// kind are one.
//
//	go run ./test/campaign/table build/campaign.json
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

func main() {
	if err := table(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func table(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it is read
	var lines []campaign.Line
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var l campaign.Line
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		lines = add(lines, l)
	}
	fmt.Println("| what | tried | lost | double | deaths | longest wait | memory at its peak | under | |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, l := range lines {
		wait, peak := "", ""
		if l.Longest > 0 {
			wait = l.Longest.Round(time.Millisecond).String()
		}
		if l.Peak > 0 {
			peak = fmt.Sprintf("%d MiB", l.Peak>>20)
		}
		fmt.Printf("| %s | %d | %d | %d | %d | %s | %s | %s | %s |\n", l.What, l.Tried, l.Lost, l.Double, l.Deaths, wait, peak, l.Under, l.Note)
	}
	return nil
}

func add(lines []campaign.Line, l campaign.Line) []campaign.Line {
	for i := range lines {
		if known := &lines[i]; known.What == l.What && known.Under == l.Under && known.Note == l.Note {
			known.Tried += l.Tried
			known.Lost += l.Lost
			known.Double += l.Double
			known.Deaths += l.Deaths
			known.Longest, known.Peak = max(known.Longest, l.Longest), max(known.Peak, l.Peak)
			return lines
		}
	}
	return append(lines, l)
}
