// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { dashed, figure, line, perDay, trend } from '../panels';
import { onDay, overTime, own, titled, titledOverTime } from '../query';
import { colour, ofRatio, unit } from '../style';

const active = own('usage_active_users', { meter: '$meter', window: 'month', period: 'current' });
const registered = own('usage_registered_users');
const signedUp = own('usage_registered_users', { status: '!=standing' });
/** In every window, as a quota may be on another than the month. */
const running = own('usage_active_users', { meter: '$meter', period: 'current' });
const limit = own('usage_quota_limit', { meter: '$meter' });
/** In the window that the committed number is for, else in the month. */
const activeAgainst = (of: (selector: string) => string) => {
  const users = `sum by (organization, window) (${of(running)})`;
  const committed = `max by (window) (${of(limit)})`;
  return `(${users} and on (window) ${committed} or sum by (organization, window) (${of(active)}) unless on () ${committed})`;
};
const byWindow = (expr: string) => titled(expr, own, ['window']);
const share = `sum(${active}) / (sum(${registered}) > 0)`;
const said = (expr: string, why: string) => `label_replace(${expr}, "why", "${why}", "", "")`;

export const registeredUsers = (): Row => ({
  title: 'Committed, registered and active',
  panels: [
    figure({
      title: 'Committed users',
      description: 'The limit of the quota on this meter.',
      empty: 'No quota on this meter', unit: unit.count,
    }, 8, { expr: byWindow(limit), legend: '{{window_title}}' }),
    figure({
      title: 'Of committed',
      description: 'All active users over the committed number, and the billable ones of them (users of billable classes), which the quota is held against.',
      empty: 'No quota on this meter', unit: unit.ratio,
    }, 8,
    { expr: byWindow(`sum by (organization, window) (${running}) / on (organization, window) (${limit} > 0)`), legend: 'all: {{window_title}}' },
    { expr: byWindow(own('usage_quota_ratio', { meter: '$meter' })), legend: 'billable: {{window_title}}' }).decimals(1).thresholds(ofRatio),
    figure({
      title: 'Flex users',
      description: 'Billable users beyond the committed number.',
      empty: 'No quota on this meter', unit: unit.count,
    }, 8, { expr: byWindow(own('usage_quota_overage', { meter: '$meter' })), legend: '{{window_title}}' }),
    figure({
      title: 'Registered users',
      description: 'All users of the organization who ever registered, and by their latest lifecycle status; suspended and removed ones stay registered, and are not billed. Under standing: anonymous users who ever connected a network, whom the billing report also takes for registered.',
      empty: 'This organization is not counted yet', unit: unit.count,
    }, 16, { expr: `sum(${registered})`, legend: 'total' }, { expr: `sum by (status) (${registered})`, legend: '{{status}}' }),
    figure({
      title: 'Active over registered',
      description: 'Active users of the running month over all registered ones, as the billing report has them: whoever ever registered, and anonymous users who ever connected a network. Other anonymous users are active without being among them, so it may pass 100 %.',
      empty: 'Nobody has registered', unit: unit.ratio,
    }, 8, { expr: `${said(`${share} <= 1`, 'of all registered')} or ${said(`${share} > 1`, 'above 100 %: some never registered')}`, legend: '{{why}}' }).decimals(1),
    trend({
      title: 'Active against registered and committed',
      description: 'Active users as their window fills (that of the committed number, or the month), everyone registered, and the committed number.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, '6h',
    { expr: titledOverTime(activeAgainst(overTime), own, ['window']), legend: 'active: {{window_title}}' },
    { expr: `sum(${overTime(registered)})`, legend: 'registered' },
    { expr: titledOverTime(overTime(limit), own, ['window']), legend: 'committed: {{window_title}}' })
      .overrideByRegexp('active: .*', line(colour.blue))
      .overrideByName('registered', line(colour.grey))
      .overrideByRegexp('committed: .*', line(colour.vermillion, dashed)),
    perDay({
      title: 'Signups per day',
      description: 'Users who registered on each of your days; the last one is yesterday. Who is suspended or removed stays registered. Ids that turn out to be one person, and erased users, are subtracted.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, { expr: `sum(${onDay(signedUp)}) - sum(last_over_time(${signedUp}[1d]))`, legend: 'signups' }),
  ],
});
