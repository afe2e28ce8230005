// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { dashed, figure, line, trend } from '../panels';
import { overTime, own } from '../query';
import { colour, ofRatio, unit } from '../style';

const active = own('usage_active_users', { meter: '$meter', window: 'month', period: 'current' });
const registered = own('usage_registered_users');
const limit = own('usage_quota_limit', { meter: '$meter' });

export const registeredUsers = (): Row => ({
  title: 'Registered, committed and active',
  panels: [
    figure({
      title: 'Registered users',
      description: 'Users of the organization by their latest lifecycle status; suspended and removed ones stay registered, and are not billed.',
      empty: 'This organization is not counted yet', unit: unit.count,
    }, 8, { expr: `sum by (status) (${registered})`, legend: '{{status}}' }),
    figure({
      title: 'Active over registered',
      description: 'Active users of the running month over all registered ones. Anonymous users are active without being registered, so it may pass 100 %.',
      empty: 'Nobody has registered', unit: unit.ratio,
    }, 8, { expr: `sum(${active}) / (sum(${registered}) > 0)` }).decimals(1),
    figure({
      title: 'Of committed',
      description: 'What the quota on this meter is held against (users of billable classes), over the committed number.',
      empty: 'No quota on this meter', unit: unit.ratio,
    }, 8, { expr: own('usage_quota_ratio', { meter: '$meter' }), legend: 'per {{window}}' }).decimals(1).thresholds(ofRatio),
    figure({
      title: 'Committed users',
      description: 'The limit of the quota on this meter.',
      empty: 'No quota on this meter', unit: unit.count,
    }, 8, { expr: limit, legend: 'per {{window}}' }).height(9),
    figure({
      title: 'Flex users',
      description: 'Billable users beyond the committed number.',
      empty: 'No quota on this meter', unit: unit.count,
    }, 8, { expr: own('usage_quota_overage', { meter: '$meter' }), legend: 'per {{window}}' }).height(9),
    trend({
      title: 'Active against registered and committed',
      description: 'Active users of the running month as it fills, everyone registered, and the committed number.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 8, '6h',
    { expr: `sum(${overTime(active)})`, legend: 'active' },
    { expr: `sum(${overTime(registered)})`, legend: 'registered' },
    { expr: `max(${overTime(limit)})`, legend: 'committed' })
      .overrideByName('active', line(colour.blue))
      .overrideByName('registered', line(colour.grey))
      .overrideByName('committed', line(colour.vermillion, dashed)),
  ],
});
