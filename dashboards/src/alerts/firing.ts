// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, timeline } from '../panels';
import { among, chosen, overTime, series } from '../query';
import { organizationColumns } from '../quota_columns';
import { colour, ofTrouble, texts, unit } from '../style';
import { table } from '../table';

const alerts = series('ALERTS', { alertstate: 'firing', organization: '!=' });
const labels = 'alertname, severity, organization, meter, window, threshold';
const quiet = 'Nothing fires';

export const firing = (): Row => ({
  title: 'Alerts',
  panels: [
    figure({
      title: 'Firing now',
      description: 'Alerts of the chosen organizations that fire. They are evaluated by the embedded store, Prometheus or vmalert with the rules of this project.',
      empty: quiet, unit: unit.count,
    }, 4, { expr: `count(${among(alerts)}) or vector(0)` }).thresholds(ofTrouble).height(9),
    table({
      title: 'What fires',
      description: 'Each alert that fires for a chosen organization. The message and the links are in the notification.',
      empty: quiet, unit: unit.count,
    }, 20, 9,
    [`max by (${labels}, name) ((${alerts}) * on (organization) group_left (name) ${chosen})`],
    [
      ...organizationColumns,
      { of: 'alertname', title: 'Alert' },
      { of: 'severity', title: 'Severity' },
      { of: 'meter', title: 'Meter' },
      { of: 'window', title: 'Window' },
      { of: 'threshold', title: 'Threshold' },
    ],
    { title: 'Alert', desc: false })
      .overrideByName('Value', [{ id: 'custom.hidden', value: true }, { id: 'custom.hideFrom', value: { viz: true, legend: false, tooltip: false } }]),
    timeline({
      title: 'History of alerts',
      description: 'When which alert fired for which of the chosen organizations, in the time range.',
      empty: 'Nothing fired in this time range', unit: unit.text,
    }, 24, '15m', {
      expr: `max by (alertname, organization) (${among(overTime(alerts), overTime(chosen))})`,
      legend: '{{organization}}: {{alertname}}',
    }).mappings(texts({ 1: { text: 'firing', color: colour.vermillion } })),
  ],
});
