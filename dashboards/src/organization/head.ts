// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure } from '../panels';
import { byLength, own, titled } from '../query';
import { windowColumn } from '../quota_table';
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
    [
      windowColumn,
      { label: 'start', title: 'From', width: 120 },
      { label: 'end', title: 'Until before', width: 120 },
      { label: 'timezone', title: 'Time zone' },
    ],
    byLength,
    titled(`max by (organization, window, start, end, timezone) (${own('usage_period_info')})`, own, ['window'])),
    table({
      title: 'Account',
      description: 'What the organization is in your books, as the catalogue has it; the billing report names it so.',
      empty: 'The catalogue has no client id, subdomain or plan of it', unit: unit.text,
    }, 6, 6,
    [
      { label: 'client_id', title: 'Client ID', width: 90 },
      { label: 'subdomain', title: 'Subdomain', width: 110 },
      { label: 'plan', title: 'Plan', width: 85 },
    ],
    undefined,
    `max by (client_id, subdomain, plan) (${own('usage_organization_account')})`),
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
