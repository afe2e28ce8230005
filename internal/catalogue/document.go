// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// document is the file as it is written: every key there is, numbers and dates
// as their text, so that nothing is rounded before it is judged. A pointer is
// of a key that has a default, or means something else where it is missing.
type document struct {
	Organizations []organizationText `yaml:"organizations"`
	Principals    []Principal        `yaml:"principals"`
}

type organizationText struct {
	ID        string               `yaml:"id"`
	Name      string               `yaml:"name"`
	Reseller  string               `yaml:"reseller"`
	CSM       []string             `yaml:"csm"`
	ClientID  string               `yaml:"client_id"`
	Subdomain string               `yaml:"subdomain"`
	Notify    Notify               `yaml:"notify"`
	Timezone  *string              `yaml:"timezone"`
	AnchorDay *int                 `yaml:"anchor_day"`
	Currency  string               `yaml:"currency"`
	Meters    []string             `yaml:"meters"`
	Plan      planText             `yaml:"plan"`
	Quotas    map[string]quotaText `yaml:"quotas"`
}

type planText struct {
	Type         string            `yaml:"type"`
	TermStart    string            `yaml:"term_start"`
	TermMonths   *int              `yaml:"term_months"`
	Subscription *string           `yaml:"subscription"`
	Payments     map[string]string `yaml:"payments"`
}

type quotaText struct {
	Limit      string   `yaml:"limit"`
	Window     string   `yaml:"window"`
	FlexPrice  *string  `yaml:"flex_price"`
	Thresholds []string `yaml:"thresholds"`
}
