// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { dashboard } from '../frame';
import { meter, organization, reseller } from '../variables';
import { classes } from './classes';
import { months } from './months';
import { now } from './now';
import { registeredUsers } from './registered';

export const activeUsers = () =>
  dashboard({
    of: 'activeUsers',
    title: 'Usage: active users',
    description: 'How many people of one organization are active per day, week and month, in which classes, and against those registered and committed.',
    variables: [reseller(), organization('usage_active_users'), meter('usage_active_users', 'workspace_users')],
    oneOrganization: true,
    from: 'now-60d',
    rows: [now(), classes(), registeredUsers(), months()],
  });
