// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

// inMemory answers requests without a network, on which the clock of a bubble
// would not wait.
type inMemory http.HandlerFunc

func (f inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	f(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

// followed is what a browser gets with an answer that goes on.
func followed(t *testing.T, d *Datasource, user *backend.User, query map[string]any) (f *data.Frame, path string, text []byte) {
	t.Helper()
	query["live"], query["range"] = true, true
	now := time.Now()
	r := d.askOne(t, user, nil, backend.TimeRange{From: now.Add(-time.Hour), To: now}, query)
	require.NoError(t, r.Error)
	require.Len(t, r.Frames, 1)
	c := r.Frames[0].Meta.Custom.(map[string]any)["live"].(channel)
	text, err := json.Marshal(c.Data)
	require.NoError(t, err)
	return r.Frames[0], c.Path, text
}

// frames are what a stream has sent.
type frames []*data.Frame

func (f *frames) Send(packet *backend.StreamPacket) error {
	var frame data.Frame
	if err := json.Unmarshal(packet.Data, &frame); err != nil {
		return err
	}
	*f = append(*f, &frame)
	return nil
}

// shown is a frame, a line a row.
func shown(f *data.Frame) (rows []string) {
	for i := range f.Rows() {
		row := f.At(0, i).(time.Time).UTC().Format("15:04")
		for _, field := range f.Fields[1:] {
			value := "-"
			if v := field.At(i).(*float64); v != nil {
				value = fmt.Sprint(*v)
			}
			row += fmt.Sprintf(" %s=%s", field.Config.DisplayNameFromDS, value)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestAStreamGoesOnAsFiguresCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		organizations, down := `["acme","birch"]`, false
		var asked []string
		d := open(t, settingsOf("http://store", "http://api", prometheus, token))
		d.client.Transport = inMemory(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v1/access" {
				fmt.Fprintf(w, `{"data":{"organizations":%s}}`, organizations)
				return
			}
			require.Equal(t, "/api/v1/query_range", r.URL.Path)
			asked = append(asked, r.FormValue("query"))
			if down {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			var series []string
			for i, id := range []string{"acme", "birch"} {
				var values []string
				var start, end, step float64
				_, err := fmt.Sscan(r.FormValue("start")+" "+r.FormValue("end")+" "+r.FormValue("step"), &start, &end, &step)
				require.NoError(t, err)
				for at := start; at <= end; at += step {
					values = append(values, fmt.Sprintf(`[%.0f,"%d"]`, at, i+1))
				}
				if strings.Contains(r.FormValue("query"), id) {
					series = append(series, fmt.Sprintf(`{"metric":{"__name__":"used","organization":%q},"values":[%s]}`, id, strings.Join(values, ",")))
				}
			}
			fmt.Fprintf(w, `{"data":{"resultType":"matrix","result":[%s]}}`, strings.Join(series, ","))
		})
		time.Sleep(2 * time.Second) // into a minute whose figures are not there yet
		first, path, text := followed(t, d, jane, map[string]any{"expr": "used", "legendFormat": "{{organization}}"})
		rows := shown(first)
		require.Equal(t, "23:59 acme=1 birch=2", rows[len(rows)-1])
		require.Equal(t, []string{"Time", `used{organization="acme"}`, `used{organization="birch"}`}, []string{first.Fields[0].Name, first.Fields[1].Name, first.Fields[2].Name})

		ctx, leave := context.WithCancel(t.Context())
		var sent frames
		ended := make(chan error, 1)
		go func() {
			request := &backend.RunStreamRequest{PluginContext: backend.PluginContext{User: jane}, Path: path, Data: text}
			ended <- d.RunStream(ctx, request, backend.NewStreamSender(&sent))
		}()
		after := func(minutes time.Duration) {
			time.Sleep(minutes * time.Minute)
			synctest.Wait()
		}
		after(1)
		require.Len(t, sent, 1)
		require.Equal(t, []string{"00:00 acme=1 birch=2"}, shown(sent[0]))
		down = true
		after(2)
		require.Len(t, sent, 1, "nothing is sent of a store that is away")
		down = false
		after(1)
		require.Len(t, sent, 2)
		require.Equal(t, []string{"00:01 acme=1 birch=2", "00:02 acme=1 birch=2", "00:03 acme=1 birch=2"}, shown(sent[1]), "what was missed comes then")
		organizations = `["acme"]`
		after(1)
		require.Equal(t, []string{"00:04 acme=1"}, shown(sent[2]), "a right that is taken away is gone from streams")
		organizations = `[]`
		after(1)
		require.Len(t, sent, 3)
		require.Equal(t, `used{__nothing__="0",__nothing__="1"}`, asked[len(asked)-1])
		leave()
		synctest.Wait()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// A stream is one for all who subscribe to its path, so nobody gets to a path of
// somebody else, or to their own with another query in it.
func TestAStreamIsOnePersonsOwn(t *testing.T) {
	chain := chain(t, map[string]http.HandlerFunc{
		"/api/v1/query_range": says(http.StatusOK, `{"data":{"resultType":"matrix","result":[]}}`),
		"/api/v1/access": func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Header.Get("Usage-On-Behalf-Of"), "stranger") {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			fmt.Fprint(w, `{"data":{"organizations":["acme"]}}`)
		},
	})
	d := open(t, settingsOf(chain, chain, embedded, token))
	_, path, text := followed(t, d, jane, map[string]any{"expr": "used"})
	_, otherPath, otherText := followed(t, d, jane, map[string]any{"expr": "limit"})
	require.NotEqual(t, path, otherPath)
	often := stream{Expr: "used", Step: 1}
	oftenText, err := json.Marshal(often)
	require.NoError(t, err)
	ravi, stranger := &backend.User{Email: "ravi@example.com"}, &backend.User{Email: "stranger@example.com"}
	of := func(user *backend.User) (path string) {
		var s stream
		require.NoError(t, json.Unmarshal(text, &s))
		return s.path(person{user.Email})
	}
	for name, test := range map[string]struct {
		user *backend.User
		path string
		data []byte
		ok   bool
	}{
		"her own":                 {jane, path, text, true},
		"written otherwise":       {jane, path, []byte(strings.Replace(string(text), ",", " ,\n", 1)), true},
		"of another query":        {jane, path, otherText, false},
		"somebody else":           {ravi, path, text, false},
		"somebody else's own":     {ravi, of(ravi), text, true},
		"whom the API knows not":  {stranger, of(stranger), text, false},
		"nobody":                  {nil, path, text, false},
		"nobody's path":           {&backend.User{}, of(&backend.User{}), text, false},
		"alert rules":             {&backend.User{Login: scheduler}, of(&backend.User{}), text, false},
		"more often than figures": {jane, often.path(person{jane.Email}), oftenText, false},
		"no path":                 {jane, "", text, false},
		"no query":                {jane, path, nil, false},
	} {
		r, err := d.SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{PluginContext: backend.PluginContext{User: test.user}, Path: test.path, Data: test.data, Headers: forged})
		require.NoError(t, err, name)
		require.Equal(t, test.ok, r.Status == backend.SubscribeStreamStatusOK, name)
		if !test.ok && test.user != stranger {
			run := &backend.RunStreamRequest{PluginContext: backend.PluginContext{User: test.user}, Path: test.path, Data: test.data, Headers: forged}
			require.Error(t, d.RunStream(t.Context(), run, backend.NewStreamSender(&frames{})), name)
		}
	}
	published, err := d.PublishStream(t.Context(), &backend.PublishStreamRequest{PluginContext: backend.PluginContext{User: jane}, Path: path, Data: text})
	require.NoError(t, err)
	require.Equal(t, backend.PublishStreamStatusPermissionDenied, published.Status)

	away := open(t, settingsOf(chain, closed(t), embedded, token))
	_, err = away.SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{PluginContext: backend.PluginContext{User: jane}, Path: path, Data: text})
	require.ErrorContains(t, err, "does not answer", "which is no verdict on a person")
}
