// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// rightsLast is for how long rights that the usage API has told are believed: so
// long after a permission is taken away somebody may still use it.
const rightsLast = 30 * time.Second

// maxAnswer bounds what is read of an answer into memory.
const maxAnswer = 64 << 20

// rights are what a person may read.
type rights struct {
	SeesAll       bool     `json:"sees_all"`
	Organizations []string `json:"organizations"`
}

// refusal is an answer of a server that is no success.
type refusal struct {
	status int
	kind   string // errorType
	text   string
}

func (r *refusal) Error() string { return r.text }

// usageAPI asks the usage API on behalf of people.
type usageAPI struct {
	base   *url.URL
	token  string
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	known map[person]known
}

// known is what the API has told of a person, or why it has not.
type known struct {
	rights rights
	at     time.Time
}

var errNoAPI = errors.New("no address of the usage API is set: set it in the datasource's settings, as http://localhost:8320")

// ask sends a request to path, which begins at the base address and whose
// segments are escaped. The answer is the caller's to close; one that is no
// success is a [refusal].
func (a *usageAPI) ask(ctx context.Context, who person, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	if a.base == nil {
		return nil, errNoAPI
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base.JoinPath(path).String(), body)
	if err != nil {
		return nil, err
	}
	request.URL.RawQuery = query.Encode()
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	who.name(request)
	return send(a.client, request, "usage API")
}

// send sends a request to a server that is called what for people.
func send(client *http.Client, request *http.Request, what string) (*http.Response, error) {
	response, err := client.Do(request)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // without the URL, which has the query
		}
		return nil, fmt.Errorf("the %s at %s does not answer: %w", what, request.URL.Host, err)
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("the %s at %s breaks off: %w", what, request.URL.Host, err)
	}
	if response.StatusCode == http.StatusUnauthorized {
		// Not 401: a browser would take it for the end of its own session.
		return nil, &refusal{status: http.StatusBadGateway, text: fmt.Sprintf("the %s at %s refuses the datasource's token: set a valid one in the datasource's settings", what, request.URL.Host)}
	}
	if response.StatusCode < http.StatusBadRequest {
		return nil, &refusal{status: http.StatusBadGateway, text: fmt.Sprintf("the %s at %s redirects to another address: set that one, if it is right", what, request.URL.Host)}
	}
	r := &refusal{status: response.StatusCode}
	var envelope struct{ ErrorType, Error string }
	if json.Unmarshal(text, &envelope) == nil && envelope.Error != "" {
		r.kind, r.text = envelope.ErrorType, envelope.Error
	} else {
		r.text = fmt.Sprintf("the %s at %s answers %s", what, request.URL.Host, response.Status)
	}
	return nil, r
}

// get reads the data of an answer.
func (a *usageAPI) get(ctx context.Context, who person, path string, query url.Values, data any) error {
	response, err := a.ask(ctx, who, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return decode(response, data)
}

// decode reads the envelope of an answer into data.
func decode(response *http.Response, data any) error {
	envelope := struct{ Data any }{data}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&envelope); err != nil {
		return fmt.Errorf("%s answers what is not understood: %w", response.Request.URL.Host, err)
	}
	return nil
}

// rights returns those of a person, which are at most [rightsLast] old.
func (a *usageAPI) rights(ctx context.Context, who person) (rights, error) {
	a.mu.Lock()
	k := a.known[who] // of nobody known it is of the year 1
	a.mu.Unlock()
	if a.now().Sub(k.at) < rightsLast {
		return k.rights, nil
	}
	k = known{at: a.now()} // before it is asked, so that nothing older is believed
	if err := a.get(ctx, who, "/api/v1/access", nil, &k.rights); err != nil {
		return rights{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for other, old := range a.known {
		if k.at.Sub(old.at) >= rightsLast {
			delete(a.known, other)
		}
	}
	if a.known == nil {
		a.known = map[person]known{}
	}
	a.known[who] = k
	return k.rights, nil
}

// open reports whether the API answers to somebody without a token.
func (a *usageAPI) open(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base.JoinPath("/api/v1/access").String(), http.NoBody)
	if err != nil {
		return false
	}
	response, err := send(a.client, request, "usage API")
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}
