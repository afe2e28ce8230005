// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { dashboard } from '../frame';
import { meterOf, organizationWith, reseller, window } from '../variables';
import { connected } from './connected';
import { hours } from './hours';
import { peaks } from './peaks';

export const concurrentUsers = () =>
  dashboard({
    of: 'concurrentUsers',
    title: 'Usage: concurrent users',
    description: 'How many users of one organization are connected, how many work in the busiest hour, and what part of a peak a shift change explains.',
    variables: [reseller(), organizationWith('usage_hour_users_peak'), meterOf('usage_hour_users_peak'), window('usage_hour_users_peak', 'month', 'Month')],
    oneOrganization: true,
    from: 'now-24h',
    rows: [connected(), hours(), peaks()],
  });
