// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, timeline } from '../panels';
import { named, namedOverTime, overTime, series } from '../query';
import { organizationColumns } from '../quota_columns';
import { above, colour, ofSeverity, texts, unit } from '../style';
import { table } from '../table';

const alerts = (labels: Record<string, string> = {}) => series('ALERTS', { alertname: '=~Usage.*', alertstate: 'firing', ...labels });

/** Alerts of the ledger concern everybody, those of items without an organization nobody. */
const others = (expr: string) => `label_replace(${expr}, "name", "(no single one)", "", "")`;
const ofNobody = { organization: '=~|__none__' };

const withNames = (labels = {}) => `${named(alerts(labels))} or ${others(alerts({ ...labels, ...ofNobody }))}`;
const history = `${namedOverTime(overTime(alerts()))} or ${others(overTime(alerts(ofNobody)))}`;

const severities = Object.entries(ofSeverity);
const labels = 'alertname, severity, organization, meter, window, threshold';
const quiet = 'Nothing fires, or no rules are evaluated';

function now() {
  const panel = figure({
    title: 'Firing now',
    description: 'Alerts that fire: those of the chosen organizations, and those that concern all or none. The embedded store, Prometheus or vmalert evaluates them by the rules of this project.',
    empty: 'Nothing fires', unit: unit.count,
  }, 4, ...severities.map(([severity]) => ({ expr: `count(${withNames({ severity })}) or vector(0)`, legend: severity })));
  severities.forEach(([severity, color]) => panel.overrideByName(severity, [{ id: 'thresholds', value: above(color).build() }]));
  return panel.height(9);
}

export const firing = (): Row => ({
  title: 'Alerts',
  panels: [
    now(),
    table({
      title: 'What fires',
      description: 'Each alert that fires for a chosen organization, and those that concern all or none. The message and the links are in the notification.',
      empty: quiet, unit: unit.count,
    }, 20, 9,
    [`max by (${labels}, name) (${withNames()})`],
    [
      ...organizationColumns,
      { of: 'alertname', title: 'Alert' },
      { of: 'severity', title: 'Severity', width: 90 },
      { of: 'meter', title: 'Meter' },
      { of: 'window', title: 'Window', width: 90 },
      { of: 'threshold', title: 'Threshold', width: 100 },
    ],
    { title: 'Alert', desc: false }),
    timeline({
      title: 'History of alerts',
      description: 'When which alert fired for which of the chosen organizations, or for all or none, in the time range.',
      empty: 'Nothing fired in this time range', unit: unit.text,
    }, 24, '15m', { expr: `max by (alertname, name) (${history})`, legend: '{{name}}: {{alertname}}' })
      .mappings(texts({ 1: { text: 'firing', color: colour.vermillion } })),
  ],
});
