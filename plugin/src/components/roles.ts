// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { config } from '@grafana/runtime';

/** Whether Grafana lets the person change datasources. It judges each change itself; this decides what is offered. */
export const isAdmin = () => config.bootData.user.orgRole === 'Admin' || config.bootData.user.isGrafanaAdmin === true;
