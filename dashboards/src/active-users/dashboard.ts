// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { dashboard } from '../frame';
import { meterOf, organizationWith, reseller } from '../variables';
import { classes } from './classes';
import { months } from './months';
import { now } from './now';
import { registeredUsers } from './registered';

export const activeUsers = () =>
  dashboard({
    of: 'activeUsers',
    title: 'Usage: active users',
    description: 'How many people of one organization are active per day, week and month, in which classes, and against those registered and committed.',
    variables: [reseller(), organizationWith('usage_active_users'), meterOf('usage_active_users')],
    oneOrganization: true,
    from: 'now-60d',
    rows: [now(), classes(), registeredUsers(), months()],
  });
