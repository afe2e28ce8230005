// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { dashboard } from '../frame';
import { organizations, reseller } from '../variables';
import { exhaustion } from './exhaustion';
import { firing } from './firing';
import { thresholds } from './thresholds';

export const alerts = () =>
  dashboard({
    of: 'alerts',
    title: 'Usage: alerts and quota',
    description: 'Which thresholds are reached, what fires now and fired before, when quotas are expected to run out, and who is told.',
    variables: [reseller(), organizations()],
    oneOrganization: false,
    from: 'now-7d',
    rows: [firing(), thresholds(), exhaustion()],
  });
