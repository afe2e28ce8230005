// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package damage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

// trialOf names the directory of a trial to the process that makes it.
const trialOf = "USAGE_DAMAGE_TRIAL"

func TestMain(m *testing.M) {
	if dir := os.Getenv(trialOf); dir != "" {
		os.Exit(trial(dir))
	}
	goleak.VerifyTestMain(m)
}

// Exit codes of a trial; a panic has 2.
const (
	opened  = 0
	refused = 3
)

// trial lives a damaged directory and says what it found.
func trial(dir string) int {
	live := live
	if filepath.Base(dir) == "store" {
		live = liveHistory
	}
	said, err := live(dir)
	if err != nil {
		fmt.Println(err)
		return refused
	}
	fmt.Println(said)
	return opened
}

// most is how long a trial may take: it is busy for a tenth of a second.
const most = 30 * time.Second

// outcome of a trial.
type outcome struct {
	what    string // was done to which file
	verdict string // one of those below
	said    string
	took    time.Duration
	memory  int64 // KiB at the most
}

const (
	harmless = "harmless" // the figures are what they were
	named    = "named"    // refused with the file and the remedy
	wrong    = "wrong"    // other figures
	unnamed  = "unnamed"  // refused, but nobody knows what to do
	hung     = "hang"
	panicked = "panic"
)

// remedies are what a refusal says that helps, by what is damaged.
var remedies = map[string]string{"ledger": store.Remedy, "store": "restore a backup of the directory"}

// run makes a trial of a directory in a process of its own.
func run(ctx context.Context, in, subject, want string) (o outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	program, err := os.Executable()
	if err != nil {
		return o, err
	}
	var out bytes.Buffer
	command := exec.CommandContext(ctx, program)
	command.Env = append(os.Environ(), trialOf+"="+filepath.Join(in, subject))
	command.Stdout, command.Stderr = &out, &out
	begin := time.Now()
	err = command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return o, err
	}
	o.took, o.said = time.Since(begin), strings.TrimSpace(out.String())
	if used, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		o.memory = used.Maxrss
	}
	switch code := command.ProcessState.ExitCode(); {
	case ctx.Err() != nil:
		o.verdict = hung
	case code == refused && strings.Contains(o.said, remedies[subject]) && strings.Contains(o.said, subject):
		o.verdict = named
	case code == refused:
		o.verdict = unnamed
	case code != opened:
		o.verdict = panicked
	case want != "" && o.said != want && (strings.Contains(o.said, gone) || strings.Contains(o.said, unanswered)):
		o.verdict = named
	case want != "" && o.said != want:
		o.verdict = wrong
	default:
		o.verdict = harmless
	}
	return o, nil
}

// damaging is the trials of one kind of change.
type damaging struct {
	name    string
	sample  int // trials of each template, and as many of the whole
	whole   int
	subject string // ledger or store: what the directory is called
	change  func(*rand.Rand, string) (string, error)
}

// ways are the campaigns of a ledger or a store, of so many trials as a sample.
func ways(subject string, flips, cuts int) []damaging {
	return []damaging{
		{"bit flipped", flips / 2, 1000, subject, flip},
		{"file removed or cut off", cuts / 2, 250, subject, cut},
	}
}

// directories returns those that a directory has, of any depth.
func directories(in string) (paths []string, err error) {
	err = filepath.WalkDir(in, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != in {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}

// files returns what a directory consists of, but for the zeros of the reserve.
func files(in string) (paths []string, err error) {
	err = filepath.WalkDir(in, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "reserve" {
			paths = append(paths, path)
		}
		return err
	})
	slices.Sort(paths)
	return paths, err
}

// kind is a file's name without its number, and that of its directory, so that each
// kind is met as often as another, however many files it has.
func kind(path string) string {
	bare := func(name string) string {
		if _, err := ulid.ParseStrict(name); err == nil {
			return "block"
		}
		return strings.TrimRight(strings.TrimLeft(name, "0123456789-"), "0123456789abcdef.-")
	}
	return bare(filepath.Base(filepath.Dir(path))) + "/" + bare(filepath.Base(path))
}

// within is the path of a file as reports have it.
func within(in, path string) string { return strings.TrimPrefix(path, in+"/") }

// choose picks a kind, then a file of it.
func choose(random *rand.Rand, in string, fits func(size int64) bool) (path string, size int64, err error) {
	all, err := files(in)
	if err != nil {
		return "", 0, err
	}
	of, sizes, kinds := map[string][]string{}, map[string]int64{}, []string(nil)
	for _, path := range all {
		info, err := os.Stat(path)
		if err != nil {
			return "", 0, err
		}
		if !fits(info.Size()) {
			continue
		}
		k := kind(path)
		if of[k] == nil {
			kinds = append(kinds, k)
		}
		of[k], sizes[path] = append(of[k], path), info.Size()
	}
	paths := of[kinds[random.IntN(len(kinds))]]
	path = paths[random.IntN(len(paths))]
	return path, sizes[path], nil
}

// flip changes one bit of one file, half of the times where it has something.
func flip(random *rand.Rand, in string) (string, error) {
	path, size, err := choose(random, in, func(size int64) bool { return size > 0 })
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if used := len(bytes.TrimRight(text, "\x00")); used > 0 && random.IntN(4) > 0 {
		size = int64(used)
	}
	at, bit := random.Int64N(size), random.IntN(8)
	text[at] ^= 1 << bit
	return fmt.Sprintf("bit %d of byte %d of %s flipped", bit, at, within(in, path)), os.WriteFile(path, text, 0o600)
}

// cut removes a file, or a directory with all that is in it, or a file's end.
func cut(random *rand.Rand, in string) (string, error) {
	if random.IntN(20) == 0 {
		dirs, err := directories(in)
		if err != nil {
			return "", err
		}
		dir := dirs[random.IntN(len(dirs))]
		if random.IntN(2) == 0 {
			return within(in, dir) + " removed", os.RemoveAll(dir)
		}
		return within(in, dir) + " emptied", errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700))
	}
	path, size, err := choose(random, in, func(int64) bool { return true })
	if err != nil {
		return "", err
	}
	if size == 0 || random.IntN(2) == 0 {
		return within(in, path) + " removed", os.Remove(path)
	}
	to := random.Int64N(size)
	if random.IntN(3) > 0 {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if used := len(bytes.TrimRight(text, "\x00")); used > 0 {
			to = random.Int64N(int64(used))
		}
	}
	return fmt.Sprintf("%s cut off at byte %d of %d", within(in, path), to, size), os.Truncate(path, to)
}

func TestDamageIsNamedOrHarmless(t *testing.T) {
	templates := t.TempDir()
	killed, stopped, err := makeTemplates(templates)
	require.NoError(t, err)
	damage(t, killed, stopped, ways("ledger", 120, 60))
}

// damage runs campaigns on both templates, and returns what each says undamaged.
func damage(t *testing.T, killed, stopped string, all []damaging) (said []string) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, of := range []string{killed, stopped} {
		subject := all[0].subject
		base, err := run(t.Context(), scratch(t, of), subject, "")
		require.NoError(t, err)
		require.Equal(t, harmless, base.verdict, base.said)
		require.NotContains(t, base.said, gone)
		require.NotContains(t, base.said, unanswered)
		said = append(said, base.said)
		t.Run(filepath.Base(of), func(t *testing.T) {
			for _, c := range all {
				report(t, subject+" "+filepath.Base(of)+", "+c.name, c.run(t, seed, of, base.said))
			}
		})
	}
	return said
}

func scratch(t *testing.T, of string) string {
	t.Helper()
	in, err := os.MkdirTemp(t.TempDir(), "")
	require.NoError(t, err)
	require.NoError(t, copyTree(of, in))
	return in
}

// run makes the trials of a template, two at a time.
func (c *damaging) run(t *testing.T, seed uint64, of, want string) (all []outcome) {
	t.Helper()
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(2)
	parent := t.TempDir()
	for n := range campaign.Rounds(t, c.sample, c.whole) {
		g.Go(func() error {
			in := filepath.Join(parent, fmt.Sprint(n))
			err := copyTree(of, in)
			if err != nil {
				return err
			}
			what, err := c.change(rand.New(rand.NewPCG(seed, uint64(n))), in)
			if err != nil {
				return err
			}
			o, err := run(t.Context(), in, c.subject, want)
			if err != nil {
				return err
			}
			o.what = what
			mu.Lock()
			defer mu.Unlock()
			all = append(all, o)
			return os.RemoveAll(in)
		})
	}
	require.NoError(t, g.Wait())
	return all
}

// report logs what came of the trials, and adds a line to the table of all campaigns:
// figures that are others are lost ones, the longest wait is the longest trial.
func report(t *testing.T, name string, all []outcome) {
	t.Helper()
	n, longest, memory := map[string]int{}, time.Duration(0), int64(0)
	for _, o := range all {
		n[o.verdict]++
		longest, memory = max(longest, o.took), max(memory, o.memory)
		if o.verdict != harmless && o.verdict != named {
			t.Errorf("%s: %s: %s: %.1500s", name, o.what, o.verdict, o.said)
		}
	}
	t.Logf("%s: tried %d, hang %d, panic %d, wrong %d, unnamed %d, named %d, harmless %d",
		name, len(all), n[hung], n[panicked], n[wrong], n[unnamed], n[named], n[harmless])
	campaign.Report(t, campaign.Line{
		What: "damage of a " + name, Tried: len(all), Lost: n[wrong], Deaths: n[hung] + n[panicked], Longest: longest, Peak: int(memory) << 10,
		Note: fmt.Sprintf("%d named with what helps, %d harmless, %d unnamed", n[named], n[harmless], n[unnamed]),
	})
}
