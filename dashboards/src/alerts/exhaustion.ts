// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { note } from '../panels';
import { named, series } from '../query';
import { organizationColumns, quotasOfChosen } from '../quota_table';
import { unit } from '../style';
import { table } from '../table';

const whereSet = `* **Limits, thresholds and the customer's recipients** are in the catalogue only (\`organizations.yaml\`): \`quotas.METER.limit\`, \`quotas.METER.thresholds\`, \`notify\`.
  Grafana cannot change them; the file is read again when it changes ([how](https://github.com/otelcol-usage/otelcol-usage/blob/main/docs/catalogue.md#quotas)).
* **When an alert fires, and how serious it is**, is in \`rules/usage-alerts.yaml\`, which the store evaluates: *Alert rules*, above.
* **The operator's recipients** are in Alertmanager's configuration. \`usagectl alert test ORGANIZATION\` sends a test to all who are told.`;

export const exhaustion = (): Row => ({
  title: 'What comes, and who is told',
  panels: [
    quotasOfChosen({
      title: 'Projected exhaustion',
      description: 'Quotas that are expected to be used up before their period ends, soonest first: when, how much of the quota is expected to be used at the end, and how long the period still lasts.',
      empty: 'No quota is expected to run out', unit: unit.count,
    }, 8, (q) => ({
      first: [q.projectedRatio, q.daysLeft],
      others: [q.runsOut],
      having: 'usage_quota_exhaustion_timestamp_seconds',
      order: { title: 'Runs out', desc: false },
    })),
    table({
      title: 'Who is told',
      description: "The organizations' own recipients of quota notifications, as the catalogue has them: e-mail, webhook or SMS. The operator's receivers are in Alertmanager's configuration.",
      empty: 'No organization has recipients in the catalogue', unit: unit.count,
    }, 12, 9,
    [...organizationColumns, { label: 'channel', title: 'Channel' }, { label: 'receiver', title: 'Recipient' }],
    { title: 'Organization', desc: false },
    `max by (organization, name, channel, receiver) (${named(series('usage_organization_notify'))})`),
    note('Where alerts are set', 12, 9, whereSet),
  ],
});
