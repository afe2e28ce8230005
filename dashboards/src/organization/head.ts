// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure } from '../panels';
import { byLength, own } from '../query';
import { ofTrouble, texts, colour, unit } from '../style';
import { table } from '../table';

const unknown = 'This organization is not counted yet';

export const head = (): Row => ({
  title: 'Whose month',
  panels: [
    table({
      title: 'Running periods',
      description: "The organization's running calendar periods in its own time zone; the end is the first day of the next one. All figures of this page are of these periods, whatever zone you are in.",
      empty: unknown, unit: unit.text,
    }, 10, 6,
    [`max by (window, start, end, timezone) (${own('usage_period_info')})`],
    [
      { of: 'window', title: 'Window', width: 90 },
      { of: 'start', title: 'From', width: 120 },
      { of: 'end', title: 'Until before', width: 120 },
      { of: 'timezone', title: 'Time zone' },
    ],
    byLength),
    table({
      title: 'Account',
      description: 'What the organization is in your books, as the catalogue has it; the billing report names it so.',
      empty: 'The catalogue has no client id, subdomain or plan of it', unit: unit.text,
    }, 6, 6,
    [`max by (client_id, subdomain, plan) (${own('usage_organization_account')})`],
    [
      { of: 'client_id', title: 'Client ID', width: 90 },
      { of: 'subdomain', title: 'Subdomain', width: 110 },
      { of: 'plan', title: 'Plan', width: 85 },
    ]),
    figure({
      title: 'Last activity',
      description: 'Time of the latest event that was counted.',
      empty: 'Not counted yet', unit: unit.fromNow,
    }, 4, { expr: `${own('usage_last_event_timestamp_seconds')} * 1000` }).height(6),
    figure({
      title: 'Telemetry',
      description: 'Silent: no item for an hour, in an hour of the week that had items in three of the last four weeks. Figures then keep following their definitions, but may lack what was not sent.',
      empty: 'Not counted yet', unit: unit.yesNo,
    }, 4, { expr: own('usage_stream_silent') })
      .height(6).thresholds(ofTrouble)
      .mappings(texts({ 0: { text: 'speaking', color: colour.teal }, 1: { text: 'silent', color: colour.vermillion } })),
  ],
});
