// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
)

// chain is a usage API and a store as far as they are asked on the way to a
// figure. What is wrong with them is put in their place: a collector that runs is
// in TestAgainstACollector.
func chain(t *testing.T, wrong map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, body := range map[string]string{
		"/-/healthy":            "healthy\n",
		"/api/v1/access":        `{"status":"success","data":{"sees_all":false,"organizations":["acme"]}}`,
		"/api/v1/organizations": `{"status":"success","data":[]}`,
		"/api/v1/status":        fmt.Sprintf(`{"status":"success","data":{"ready":true,"collected":%q}}`, time.Now().UTC().Format(time.RFC3339)),
		"/api/v1/query":         `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}`,
		"/api/v1/query_range":   `{"status":"success","data":{"resultType":"matrix","result":[]}}`,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if handle := wrong[path]; handle != nil {
				handle(w, r)
				return
			}
			if path != "/-/healthy" && r.Header.Get("Authorization") != "Bearer "+token {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			fmt.Fprint(w, body)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// closed is an address at which nothing listens while the test runs: that of the client's
// end of a connection, which no server is given meanwhile.
func closed(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	client, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return "http://" + client.LocalAddr().String()
}

func TestTheCheckSaysWhatIsWrong(t *testing.T) {
	works := chain(t, nil)
	wrong := func(path string, handle http.HandlerFunc) string {
		return chain(t, map[string]http.HandlerFunc{path: handle})
	}
	for name, test := range map[string]struct {
		store, api, token string
		ok                bool
		says              string
	}{
		"all is well":       {works, works, token, true, "Everything answers"},
		"no API":            {works, "", token, false, "No address of the usage API is set: set it in the datasource's settings"},
		"no store":          {"", works, token, false, "No address of a store is set"},
		"API is down":       {works, closed(t), token, false, "does not answer: dial tcp"},
		"store is down":     {closed(t), works, token, false, "The store at 127.0.0.1:"},
		"wrong token":       {works, works, "other", false, "refuses the datasource's token: set a valid one"},
		"no token":          {works, works, "", false, "refuses the datasource's token"},
		"no such API":       {works, wrong("/api/v1/access", http.NotFound), token, false, "update the collector"},
		"other name":        {works, wrong("/-/healthy", says(http.StatusMisdirectedRequest, "")), token, false, "api::allowed_hosts"},
		"redirects":         {works, wrong("/-/healthy", http.RedirectHandler(works, http.StatusFound).ServeHTTP), token, false, "redirects to another address"},
		"unknown person":    {works, wrong("/api/v1/access", says(http.StatusForbidden, `{"status":"error","errorType":"forbidden","error":"ask for an entry"}`)), token, false, "Ask for an entry"},
		"not ready":         {works, wrong("/api/v1/status", says(http.StatusOK, `{"data":{"ready":false,"reason":"the disk is full"}}`)), token, false, "takes no usage now: the disk is full"},
		"no figures yet":    {works, wrong("/api/v1/status", says(http.StatusOK, `{"data":{"ready":true}}`)), token, true, "no figures yet"},
		"old figures":       {works, wrong("/api/v1/status", says(http.StatusOK, `{"data":{"ready":true,"collected":"2026-01-01T00:00:00Z"}}`)), token, true, "the usage receiver"},
		"clocks":            {works, wrong("/-/healthy", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", "Mon, 05 Jan 2026 00:00:00 GMT") }), token, true, "differ by"},
		"nobody has to":     {works, wrong("/api/v1/access", says(http.StatusOK, `{"data":{"sees_all":true}}`)), token, true, "Nobody has to authenticate"},
		"an empty store":    {wrong("/api/v1/query", says(http.StatusOK, `{"data":{"resultType":"vector","result":[]}}`)), works, token, true, "has no figures of your organizations"},
		"no store at all":   {wrong("/api/v1/query", http.NotFound), works, token, false, "answers 404"},
		"no JSON":           {wrong("/api/v1/query", says(http.StatusOK, "<html>")), works, token, false, "answers what is not understood"},
		"store refuses you": {wrong("/api/v1/query", says(http.StatusUnauthorized, "")), works, token, false, "The store at"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, settingsOf(test.store, test.api, embedded, test.token)).health(t, jane)
			require.Equal(t, test.ok, r.Status == backend.HealthStatusOk, r.Message)
			require.Contains(t, r.Message, test.says)
			require.NotContains(t, r.Message+string(r.JSONDetails), token)
			require.Contains(t, string(r.JSONDetails), `"what":"The store answers"`)
		})
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	for text, says := range map[string]string{
		`{"usageUrl":"localhost:8320"}`:                    `URL of the usage API (jsonData.usageUrl): "localhost:8320": write an address as http://HOST:PORT`,
		`{"usageUrl":"http://user:secret@localhost:8320"}`: "without credentials",
		`{"store":"graphite"}`:                             `jsonData.store: "graphite": use embedded or prometheus`,
		`{"timeInterval":"soon"}`:                          `jsonData.timeInterval: "soon"`,
		`{`:                                                "jsonData",
	} {
		_, err := NewDatasource(t.Context(), backend.DataSourceInstanceSettings{Name: "Usage", Type: ID, JSONData: []byte(text)})
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "datasource Usage")
	}
}

// A store that is not ours gets neither the token nor who asks.
func TestAnotherStoreIsToldNothingOfPeople(t *testing.T) {
	var seen http.Header
	var query string
	store := chain(t, map[string]http.HandlerFunc{"/api/v1/query": func(w http.ResponseWriter, r *http.Request) {
		seen, query = r.Header.Clone(), r.FormValue("query")
		fmt.Fprint(w, `{"data":{"resultType":"vector","result":[]}}`)
	}})
	settings := settingsOf(store, chain(t, nil), prometheus, token)
	settings.DecryptedSecureJSONData["storeToken"] = "of the store"
	d := open(t, settings)
	now := time.Now()
	within := backend.TimeRange{From: now.Add(-time.Hour), To: now}
	require.NoError(t, d.askOne(t, jane, forged, within, map[string]any{"expr": "up", "instant": true}).Error)
	require.Equal(t, "Bearer of the store", seen.Get("Authorization"))
	for name := range seen {
		require.Contains(t, []string{"Authorization", "Content-Type", "Content-Length", "Accept-Encoding", "User-Agent"}, name)
	}
	require.Equal(t, `up{organization=~"acme"}`, query)
}

// What a store is asked beside the parameters that are known would go past the
// gate in some stores.
func TestOnlyKnownParametersAndEndpointsGoToAStore(t *testing.T) {
	asked := 0
	var form map[string][]string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		require.NoError(t, r.ParseForm())
		form = r.Form
		fmt.Fprint(w, `{"data":[]}`)
	}))
	defer server.Close()
	d := open(t, settingsOf(server.URL, chain(t, nil), embedded, token))
	var names []string
	hostile := map[string][]string{"match[]": {`{organization="birch"}`, "up"}, "extra_filters[]": {`{organization="birch"}`}, "extra_label": {"organization=birch"}, "query": {"up"}, "start": {"1"}}
	for _, endpoint := range []string{"series", "labels", "label//values"} {
		require.NoError(t, d.store.ask(t.Context(), person{jane.Email}, endpoint, "organization", hostile, &names))
		require.Equal(t, map[string][]string{"match[]": {`{__nothing__="0",__nothing__="1",organization="birch"}`, `{__name__="up",organization=~"acme"}`}, "start": {"1"}}, form, endpoint)
		require.NoError(t, d.store.ask(t.Context(), person{jane.Email}, endpoint, "organization", nil, &names))
		require.Equal(t, map[string][]string{"match[]": {`{organization=~"acme"}`}}, form, endpoint)
	}
	asked = 0
	for _, endpoint := range []string{"rules", "alerts", "metadata", "query_exemplars", "status/config", "federate", "label/../query", ""} {
		require.Error(t, d.store.ask(t.Context(), person{jane.Email}, endpoint, "", nil, &names), endpoint)
	}
	require.Zero(t, asked)
}

func TestStepsFollowThePanel(t *testing.T) {
	d := open(t, settingsOf("http://store", "http://api", embedded, token))
	to := time.Unix(1_800_000_000, 0)
	for name, test := range map[string]struct {
		length time.Duration
		points int64
		json   string
		step   time.Duration
		expr   string
	}{
		"as figures come":     {time.Hour, 1000, `{"expr":"a[$__interval] $__interval_ms"}`, time.Minute, "a[60s] 60000"},
		"fewer points":        {24 * time.Hour, 100, `{"expr":"a[${__interval}]"}`, 15 * time.Minute, "a[900s]"},
		"own":                 {time.Hour, 1000, `{"expr":"a[$__rate_interval]","interval":"6h"}`, 6 * time.Hour, "a[21660s]"},
		"own, as before":      {time.Hour, 1000, `{"expr":"a","interval":">2h"}`, 2 * time.Hour, "a"},
		"range":               {time.Hour, 1000, `{"expr":"$__range $__range_s $__range_ms"}`, time.Minute, "3600s 3600 3600000"},
		"no more than can be": {400 * 24 * time.Hour, 1 << 40, `{"expr":"a"}`, 3142 * time.Second, "a"},
		"factor":              {time.Hour, 1000, `{"expr":"a","intervalFactor":2}`, 2 * time.Minute, "a"},
		"nothing":             {-time.Hour, 0, `{"expr":"a[$__range]"}`, time.Minute, "a[1s]"},
	} {
		q, err := d.parse(backend.DataQuery{JSON: []byte(test.json), MaxDataPoints: test.points, TimeRange: backend.TimeRange{From: to.Add(-test.length), To: to}})
		require.NoError(t, err, name)
		require.Equal(t, test.step, q.step, name)
		require.Equal(t, test.expr, q.Expr, name)
	}
	require.Equal(t, time.Unix(1_799_978_400, 0), aligned(to, 24*time.Hour, -7200), "days of a viewer two hours west")
}

// Rights that were told are believed for half a minute, and asked for anew then.
func TestRightsAreAskedForAnew(t *testing.T) {
	var now, organizations = time.Now(), `["acme","birch"]`
	asked := 0
	var query string
	api := chain(t, map[string]http.HandlerFunc{
		"/api/v1/access": func(w http.ResponseWriter, r *http.Request) {
			asked++
			require.Equal(t, "email=jane%40example.com", r.Header.Get("Usage-On-Behalf-Of"))
			fmt.Fprintf(w, `{"data":{"organizations":%s}}`, organizations)
		},
		"/api/v1/query": func(w http.ResponseWriter, r *http.Request) {
			query = r.FormValue("query")
			fmt.Fprint(w, `{"data":{"resultType":"vector","result":[]}}`)
		},
	})
	d := open(t, settingsOf(api, api, embedded, token))
	d.api.now = func() time.Time { return now }
	ask := func() string {
		require.NoError(t, d.askOne(t, jane, forged, backend.TimeRange{From: now.Add(-time.Hour), To: now}, map[string]any{"expr": "up", "instant": true}).Error)
		return query
	}
	require.Equal(t, `up{organization=~"acme|birch"}`, ask())
	organizations = `["acme"]`
	now = now.Add(rightsLast - time.Second)
	require.Equal(t, `up{organization=~"acme|birch"}`, ask())
	require.Equal(t, 1, asked)
	now = now.Add(time.Second)
	require.Equal(t, `up{organization=~"acme"}`, ask())
	organizations = `[]`
	now = now.Add(rightsLast)
	require.Equal(t, `up{__nothing__="0",__nothing__="1"}`, ask())
	d.api.known[person{"ravi@example.com"}] = known{at: now.Add(-rightsLast)}
	now = now.Add(rightsLast)
	ask()
	require.Len(t, d.api.known, 1, "what is old is forgotten")
	require.LessOrEqual(t, rightsLast+2*time.Second, time.Minute, "gone within a minute, with the time in which a catalogue is read")
}
