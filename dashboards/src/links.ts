// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Ways between dashboards. They carry the store, the time range and the
// choices that mean the same there; never a meter, which has another kind. And
// the ways out: to what is no dashboard.

import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

export const uids = {
  portfolio: 'usage-portfolio',
  organization: 'usage-organization',
  activeUsers: 'usage-active-users',
  concurrentUsers: 'usage-concurrent-users',
  alerts: 'usage-alerts',
  health: 'usage-health',
};

const titles: Record<keyof typeof uids, string> = {
  portfolio: 'Portfolio',
  organization: 'Organization',
  activeUsers: 'Active users',
  concurrentUsers: 'Concurrent users',
  alerts: 'Alerts and quota',
  health: 'Health',
};

const url = (to: keyof typeof uids, ...parameters: string[]) => `/d/${uids[to]}?${parameters.join('&')}`;

/** Where several organizations may be chosen. */
const several = ['portfolio', 'alerts', 'health'];

const link = (title: string, url: string) => new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url);

/** What leaves the dashboards: figures of closed periods in files, of the chosen organization where there is one. */
const reports = (oneOrganization: boolean) =>
  link('Reports', oneOrganization ? '${ledger}/reports?kind=usage-summary&about=${organization:percentencode}&period=last-month' : '${ledger}/reports')
    .tooltip('Usage summaries, bills, activity and users of any period, to read or as PDF, Excel, CSV or JSON');

const schedules = () =>
  link('Schedules', '${ledger}/schedules')
    .tooltip('Reports that are sent again and again, by mail, to a webhook or into a directory');

/** Grafana shows the rules of its datasources. */
const rules = () =>
  link('Alert rules', '/alerting/list')
    .tooltip('The rules that the store evaluates, from rules/usage-alerts.yaml. Limits, thresholds and recipients are set in the catalogue only: quotas and notify of organizations.yaml');

/** The bar on top. Organizations are handed on to where as many may be chosen; the portfolio is not narrowed to one. */
export const bar = (from: keyof typeof uids, oneOrganization: boolean) => [
  ...(Object.keys(uids) as (keyof typeof uids)[])
    .filter((to) => to !== from)
    .map((to) => {
      const parameters = ['${datasource:queryparam}', '${reseller:queryparam}', '${ledger:queryparam}'];
      if (oneOrganization ? to !== 'portfolio' : several.includes(to)) {
        parameters.push('${organization:queryparam}');
      }
      return link(titles[to], url(to, ...parameters)).keepTime(true);
    }),
  reports(oneOrganization),
  schedules(),
  rules(),
];

/** From a row of a table, or a bar, that is of one organization. */
export const toOrganization = (id: string) => ({
  title: 'Open this organization',
  url: url('organization', '${datasource:queryparam}', '${reseller:queryparam}', '${ledger:queryparam}', `var-organization=${id}`, '${__url_time_range}'),
});

export const toOrganizationLink = (id: string) => {
  const { title, url } = toOrganization(id);
  return link(title, url);
};
