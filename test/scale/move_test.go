// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/moving"
	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// pair is two shards that know each other, with a gateway before them and a single node
// beside them that gets the same.
type pair struct {
	*topology
	shards map[string]*ledger
	whole  *ledger
	left   []request // that are not sent yet
}

func newPair(t *testing.T, catalogue string, all []request) *pair {
	t.Helper()
	p := &pair{topology: newTopology(t, "a", "b"), shards: map[string]*ledger{}, whole: startNode(t, "", catalogue), left: all}
	p.catalogue, p.overShards = catalogue, []string{"config/scale/peer.yaml"}
	p.peers = map[string]string{"a": porttest.Free(), "b": porttest.Free()}
	p.startGateway(t)
	for _, name := range []string{"a", "b"} {
		p.shards[name] = p.startShard(t, name, "", "USAGE_PEER="+p.other(name), "USAGE_PEER_API=http://"+p.peers[p.other(name)])
	}
	return p
}

func (p *pair) other(name string) string {
	if name == "a" {
		return "b"
	}
	return "a"
}

// send sends some of the requests to both.
func (p *pair) send(t *testing.T, n int) {
	t.Helper()
	n = min(n, len(p.left))
	sendAll(t, p.whole.http, p.left[:n], nil)
	sendAll(t, p.gatewayAddress, p.left[:n], nil)
	p.left = p.left[n:]
}

// kill kills shards and starts them again.
func (p *pair) kill(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		p.shards[name].Kill()
	}
	for _, name := range names {
		p.shards[name].restart(t)
	}
	for _, name := range names {
		p.shards[name].Eventually(t, p.shards[name].ready)
	}
}

// step has a shard make a step of a move, and discards a copy.
func (p *pair) step(t *testing.T, name, id string, r moving.Request) {
	t.Helper()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	response, err := client.Post("http://"+p.peers[name]+"/api/v1/transfers/"+id, "application/json", bytes.NewReader(text))
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }() // read to its end
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s %s: %s", name, r.Step, body)
}

func (p *pair) state(name, id string) (is moving.State, err error) {
	return is, collector.Ask("http://"+p.peers[name]+"/api/v1/transfers/"+id, &is)
}

// steps makes the first n steps of a move, the last of which is to pin, so to say: 1 a
// copy that nobody reads, 2 a copy, 3 the map, 4 let go, 5 taken in.
func (p *pair) steps(t *testing.T, id, from string, n int) {
	t.Helper()
	to := p.other(from)
	if n == 1 {
		p.step(t, from, id, moving.Request{Step: moving.CopyOut})
	}
	if n >= 2 {
		p.step(t, to, id, moving.Request{Step: moving.CopyIn, Shard: from})
	}
	if n >= 3 {
		p.pin(t, id, to)
	}
	there, err := p.state(to, id)
	require.NoError(t, err)
	if n >= 4 {
		p.step(t, from, id, moving.Request{Step: moving.LetGo, Shard: to, Token: there.Token})
	}
	if n >= 5 {
		p.step(t, to, id, moving.Request{Step: moving.TakeIn, Token: there.Token})
	}
}

// pin writes the map and waits until both shards have it.
func (p *pair) pin(t *testing.T, id, to string) {
	t.Helper()
	text, err := shard.Pin("shards.yaml", []byte(p.mapText(t)), id, to)
	require.NoError(t, err)
	p.writeMap(t, string(text))
	for name, l := range p.shards {
		l.Within(t, limit, func() error {
			is, err := p.state(name, id)
			if err == nil && is.Owner != to {
				err = fmt.Errorf("shard %s has map %s", name, is.Map)
			}
			return err
		})
	}
}

// move is usagectl, which is started again until it comes to its end. It returns what it said.
func (p *pair) move(t *testing.T, id, from string, more ...string) (said string) {
	t.Helper()
	p.whole.Within(t, limit, func() (err error) {
		said, err = p.usagectl(t, from, append([]string{"move", id, "--from", "http://" + p.peers[from], "--to", "http://" + p.peers[p.other(from)], "--map", p.mapFile}, more...)...)
		return err
	})
	return said
}

var pauseSaid = regexp.MustCompile(`(\d+) rows, \d+ bytes, \d+ figures equal; it was not counted for (\S+)`)

// TestAnOrganizationMovesWhileEventsComeIn moves one to and fro while events of it and of
// others come in, and kills source, target and both after each step, and at random
// moments. All that it and the others show, state and bill is what a single node does
// that got the same.
func TestAnOrganizationMovesWhileEventsComeIn(t *testing.T) {
	t.Parallel()
	began := time.Now()
	random := campaign.Random(t)
	ids := organizations(4)
	events := makeEvents(random, howMany(t, 2_000, 200_000), ids, began)
	catalogue := customers(t, ids)
	p := newPair(t, catalogue, requests(t, random, events, campaign.Pick(20, 200), 0.1))
	id, at := ids[0], "a"
	if m, err := shard.Parse("shards.yaml", []byte(p.mapText(t))); err != nil || m.Owns("b", id) {
		require.NoError(t, err)
		at = "b"
	}
	p.send(t, len(p.left)/4)

	// Undisturbed, while events come.
	moved := make(chan string, 1)
	command := exec.Command(filepath.Join(collector.Root(t), "bin", "usagectl"), "move", id, "--from", "http://"+p.peers[at], "--to", "http://"+p.peers[p.other(at)], "--map", p.mapFile)
	go func() {
		said, err := command.CombinedOutput()
		if err != nil {
			said = fmt.Appendf(said, "%v", err)
		}
		moved <- string(said)
	}()
	var said string
	for said == "" {
		select {
		case said = <-moved:
		default:
			p.send(t, 1)
		}
	}
	t.Log(said)
	undisturbed := pauseSaid.FindStringSubmatch(said)
	require.Len(t, undisturbed, 3, said)
	at = p.other(at)

	kills, moves := 0, 1
	victims := func(from string, whom int) []string {
		return [][]string{{from}, {p.other(from)}, {from, p.other(from)}}[whom]
	}
	type point struct{ steps, whom int }
	var points []point
	for steps := 1; steps <= 5; steps++ {
		for whom := range 3 {
			points = append(points, point{steps, whom})
		}
	}
	if !campaign.Long() { // each step once, and each victim
		points = slices.DeleteFunc(points, func(x point) bool { return x.whom != x.steps%3 })
	}
	for _, x := range points {
		p.steps(t, id, at, x.steps)
		p.send(t, 2)
		of := victims(at, x.whom)
		p.kill(t, of...)
		kills += len(of)
		p.send(t, 2)
		p.move(t, id, at)
		at = p.other(at)
		moves++
		p.send(t, 2)
	}

	// Taken back before and behind the map.
	for steps := 1; steps <= 3; steps++ {
		p.steps(t, id, at, steps)
		p.send(t, 2)
		if steps == 2 {
			p.kill(t, p.other(at))
			kills++
		}
		require.Contains(t, p.move(t, id, at, "--undo"), "is counted on shard "+at+" again")
		p.send(t, 2)
	}

	for range campaign.Pick(1, 20) { // at random moments
		of := victims(at, random.IntN(3))
		after := time.NewTimer(time.Duration(random.Int64N(int64(5 * time.Second))))
		ended := make(chan struct{})
		again := exec.Command(command.Path, "move", id, "--from", "http://"+p.peers[at], "--to", "http://"+p.peers[p.other(at)], "--map", p.mapFile)
		require.NoError(t, again.Start())
		go func() {
			_ = again.Wait() // of one that was disturbed
			close(ended)
		}()
		for waiting := true; waiting; {
			select {
			case <-after.C:
				waiting = false
			default:
				p.send(t, 1)
				<-time.After(20 * time.Millisecond)
			}
		}
		p.kill(t, of...)
		kills += len(of)
		if random.IntN(2) == 0 {
			_ = again.Process.Kill() // or it has ended
		}
		p.whole.Within(t, limit, func() error {
			select {
			case <-ended:
				return nil
			default:
				return errors.New("usagectl has not ended")
			}
		})
		p.move(t, id, at)
		at = p.other(at)
		moves++
	}
	p.send(t, len(p.left))

	for name := range p.shards {
		is, err := p.state(name, id)
		require.NoError(t, err)
		require.Equal(t, name == at, is.Here, "%+v", is)
	}
	becomeSame(t, p.whole, p.shards["a"]) // which asks the other for what is there
	p.shards["b"].closePeriods(t, catalogue)
	statements := billSame(t, catalogue, p.whole, p.shards["a"])
	campaign.Report(t, campaign.Line{
		What: "an organization moved to and fro between shards that run, each killed after each step", Tried: kills,
		Note: fmt.Sprintf("%d moves, %d events, %s: every figure bit-identical, and %d statements and all bills; undisturbed, %s rows, it was not counted for %s",
			moves, len(events), time.Since(began).Round(time.Second), statements, undisturbed[1], undisturbed[2]),
	})
}
