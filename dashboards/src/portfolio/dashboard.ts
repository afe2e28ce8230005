// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { dashboard } from '../frame';
import { meter, organizations, reseller } from '../variables';
import { month } from './month';
import { quotas } from './quotas';
import { top } from './top';
import { trends } from './trends';

export const portfolio = () =>
  dashboard({
    of: 'portfolio',
    title: 'Usage: portfolio',
    description: 'All customer organizations together: this month, where it leads, whose quota runs out, who uses most.',
    variables: [reseller(), organizations(), meter('usage_consumption', 'transcription_minutes', 'Transcription minutes'), meter('usage_consumption', 'documents', 'Documents', 'documents', 'Documents')],
    oneOrganization: false,
    from: 'now-90d',
    rows: [quotas(), month(), trends(), top()],
  });
