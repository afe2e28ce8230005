// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { dashboard } from '../frame';
import { meter, organization as organizationVariable, reseller, window } from '../variables';
import { breakdowns } from './breakdowns';
import { consumption } from './consumption';
import { documents } from './documents';
import { head } from './head';
import { people } from './people';
import { quota } from './quota';

export const organization = () =>
  dashboard({
    of: 'organization',
    title: 'Usage: organization',
    description: 'One customer organization: its quotas, what it uses in this billing cycle and used in past ones, of which kind, and by whom.',
    variables: [
      reseller(), organizationVariable(),
      meter('usage_consumption', 'transcription_minutes', 'Transcription minutes'),
      window('usage_consumption', 'cycle', 'Billing cycle'),
      meter('usage_consumption', 'documents', 'Documents', 'documents', 'Documents'),
      meter('usage_active_users', 'product_users', 'Product users', 'users', 'Users'),
    ],
    oneOrganization: true,
    from: 'now-35d',
    rows: [quota(), head(), consumption(), breakdowns(), documents(), people()],
  });
