// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
)

// scheduler is the login of the user as which Grafana evaluates alert rules.
// It has no e-mail address, which Grafana asks of everybody who signs up.
const scheduler = "grafana_scheduler"

// person is on whose behalf something is asked, by the e-mail address.
type person struct {
	email string
}

// errNobody: there is no person, so that there are no organizations either.
var errNobody = errors.New("Grafana does not say who asks: sign in with a user that has an e-mail address; anonymous visitors see no usage")

var errNoAlerting = errors.New("this alert rule is evaluated on nobody's behalf and sees nothing: set the e-mail address for alerting in the datasource's settings")

// personOf returns who asks by what Grafana's server says. Headers of the
// request say nothing here: a browser can set them.
func personOf(from backend.PluginContext, s settings) (person, error) {
	switch {
	case from.User == nil:
		return person{}, errNobody
	case from.User.Email != "":
		return person{from.User.Email}, nil
	case from.User.Login != scheduler:
		return person{}, errNobody
	case s.Alerting == "":
		return person{}, errNoAlerting
	}
	return person{s.Alerting}, nil
}

// name says to a server who p is.
func (p person) name(request *http.Request) {
	request.Header.Set(access.OnBehalfOf, "email="+url.QueryEscape(p.email))
}
