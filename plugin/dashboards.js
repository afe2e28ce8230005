// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The dashboards as they come with the app: on its datasource, and with ways to
// its pages.

const { version } = require('./package.json');

const datasource = 'otelcol-usage-datasource';
const app = '/a/otelcol-usage-app';

const links = [
  ['${ledger}/reports?kind=usage-summary&about=${organization:percentencode}&period=last-month', `${app}/reports?kind=usage-summary&organization=\${organization:percentencode}&period=previous`],
  ['${ledger}/reports', `${app}/reports`],
  ['${ledger}/schedules', `${app}/schedules`],
  ['&${ledger:queryparam}', ''],
];

/** What has happened, on dashboards of one organization. */
const annotations = [
  { name: 'Changed limits', kind: 'changed_limits', enable: true, iconColor: 'blue' },
  { name: 'Changed definitions', kind: 'changed_definitions', enable: true, iconColor: 'purple' },
  { name: 'Closed periods', kind: 'closed_periods', enable: false, iconColor: 'green' },
  { name: 'Alerts', kind: 'alerts', enable: false, iconColor: 'orange' },
].map(({ kind, ...annotation }) => ({ ...annotation, datasource: { type: datasource, uid: '${datasource}' }, target: { refId: 'Anno', expr: '', kind, organization: '$organization' } }));

const converted = (value) => {
  if (Array.isArray(value)) {
    return value.map(converted);
  }
  if (value === null || typeof value !== 'object') {
    return typeof value === 'string' ? links.reduce((text, [from, to]) => text.replaceAll(from, to), value) : value;
  }
  const object = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, converted(inner)]));
  return object.type === 'prometheus' && object.uid ? { ...object, type: datasource } : object;
};

/** Grafana imports a dashboard anew when the number is another. */
const revision = version.split('.').reduce((n, part) => n * 1000 + Number(part), 0);

/** The text of a dashboard of dashboards/json, as the app has it. */
function bundled(text) {
  const dashboard = { ...converted(JSON.parse(text)), revision };
  const variables = dashboard.templating.list.filter(({ name }) => name !== 'ledger');
  dashboard.templating = { list: variables.map((v) => (v.type === 'datasource' ? { ...v, query: datasource, label: 'Datasource', description: 'Whose figures' } : v)) };
  const organization = variables.find(({ name }) => name === 'organization');
  if (organization && !organization.multi) {
    dashboard.annotations = { list: annotations };
  }
  return JSON.stringify(dashboard, null, 2) + '\n';
}

module.exports = { bundled };
