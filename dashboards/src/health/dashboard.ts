// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { dashboard } from '../frame';
import { organizations, reseller } from '../variables';
import { items } from './items';
import { ledger } from './ledger';
import { streams } from './streams';

export const health = () =>
  dashboard({
    of: 'health',
    title: 'Usage: health',
    description: 'Whether everything that was sent is counted: items by outcome and reason, organizations that fell silent, the ledger and the store.',
    variables: [reseller(), organizations()],
    oneOrganization: false,
    from: 'now-24h',
    rows: [ledger(), items(), streams()],
  });
