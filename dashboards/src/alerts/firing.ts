// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, timeline } from '../panels';
import { among, chosen, inRange, named, namedOverTime, overTime, series, titled, titledOverTime } from '../query';
import type { Titled } from '../query';
import { organizationColumns } from '../quota_table';
import { above, ofSeverity, texts, unit } from '../style';
import { table } from '../table';
import { withMessage } from './messages';

type Alerts = (labels: Record<string, string>) => string;
const alerts: Alerts = (labels) => series('ALERTS', { alertname: '=~Usage.*', alertstate: 'firing', ...labels });
/** When the condition of what fires began, in milliseconds. */
const since: Alerts = (labels) => `${series('ALERTS_FOR_STATE', { alertname: '=~Usage.*', ...labels })} * 1000 and ignoring (alertstate) ${alerts(labels)}`;
const there = inRange(alerts({}));

/** Worst first. Rules of your own may have others: they count as the least. */
const severities = Object.entries(ofSeverity);
const matcher = (severity: string) => (severity === 'info' ? '!~critical|warning' : severity);
const rank = (i: number) => severities.length - i;
const bySeverity = (of: Alerts): Alerts => (labels) =>
  `(${severities.map(([severity], i) => `(${of({ severity: matcher(severity), ...labels })}) * ${rank(i)}`).join(' or ')})`;

/** Alerts of the ledger concern everybody, those of items without an organization nobody. */
const ofNobody = { organization: '=~|__none__' };
const others = (expr: string) => `label_replace(${expr}, "name", "(no single one)", "", "")`;

const both: Titled[] = ['meter', 'window'];
const said = (of: Alerts) => withMessage(`${named(titled(of({}), series, both))} or ${others(of(ofNobody))}`);
const saidOverTime = (of: Alerts) => withMessage(`${namedOverTime(titledOverTime(of({}), series, both, there), there)} or ${others(of(ofNobody))}`);
const severityTexts = texts(Object.fromEntries(severities.map(([severity, color], i) => [rank(i), { text: severity, color }])));
const quiet = 'Nothing fires, or no rules are evaluated';

function now() {
  const panel = figure({
    title: 'Firing now',
    description: 'Alerts that fire: those of the chosen organizations, and those that concern all or none. The embedded store, Prometheus or vmalert evaluates them by the rules of this project.',
    empty: 'Nothing fires', unit: unit.count,
  }, 4, ...severities.map(([severity]) => ({ expr: `count(${among(alerts({ severity: matcher(severity) }))} or ${alerts({ severity: matcher(severity), ...ofNobody })}) or vector(0)`, legend: severity })));
  severities.forEach(([severity, color]) => panel.overrideByName(severity, [{ id: 'thresholds', value: above(color).build() }]));
  return panel.height(12);
}

export const firing = (): Row => ({
  title: 'Alerts',
  panels: [
    now(),
    table({
      title: 'What fires',
      description: 'Each alert that fires for a chosen organization, and those that concern all or none: the worst first, with what it is about and since when its condition holds. Figures and links are in the notification.',
      empty: quiet, unit: unit.count,
    }, 20, 12,
    [
      ...organizationColumns,
      {
        expr: `max by (organization, name, message) (${said(bySeverity(alerts))})`,
        title: 'Severity', mappings: severityTexts, coloured: true, width: 90,
      },
      { expr: `min by (organization, name, message) (${said(since)})`, title: 'Since', unit: unit.fromNow, width: 120 },
      { label: 'message', title: 'Message' },
    ],
    { title: 'Severity', desc: true }),
    timeline({
      title: 'History of alerts',
      description: 'When which alert fired for which of the chosen organizations, or for all or none, in the time range: a row for each meter and threshold, in the colour of its severity. Further rows are on the next page.',
      empty: 'Nothing fired in this time range', unit: unit.text,
    }, 24, '15m', { expr: `max by (name, message) (${saidOverTime(bySeverity((labels) => overTime(alerts(labels))))})`, legend: '{{name}}: {{message}}' },
    `(${among(there, inRange(chosen))} or ${inRange(alerts(ofNobody))})`)
      .height(14)
      .perPage(12)
      .mappings(severityTexts),
  ],
});
