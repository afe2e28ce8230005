// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// What all dashboards have in common, and their rows.

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { DashboardBuilder, DashboardCursorSync, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard, Panel, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';

import { bar, uids } from './links';
import { dataSource } from './variables';

export interface Row {
  title: string;
  panels: Builder<Panel>[];
}

export interface Page {
  of: keyof typeof uids;
  title: string;
  description: string;
  /** Beside the store. */
  variables: Builder<VariableModel>[];
  oneOrganization: boolean;
  from: string;
  rows: Row[];
}

export function dashboard(page: Page): Dashboard {
  const d = new DashboardBuilder(page.title)
    .uid(uids[page.of])
    .description(page.description)
    .tags(['usage'])
    .timezone('browser')
    .time({ from: page.from, to: 'now' })
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .editable()
    .variables([dataSource(), ...page.variables])
    .links(bar(page.of, page.oneOrganization))
    .annotations([]);
  for (const row of page.rows) {
    d.withRow(new RowBuilder(row.title).collapsed(false));
    row.panels.forEach((panel) => d.withPanel(panel));
  }
  const built = d.build();
  built.panels?.forEach((panel, i) => (panel.id = i + 1));
  forget(built);
  return built;
}

/** Takes out what the SDK writes and Grafana 12 does not know. */
function forget(d: Dashboard) {
  d.panels?.forEach((panel) => panel.type === 'table' && delete panel.options.footer);
  d.templating?.list?.forEach((variable) => ['auto', 'auto_min', 'auto_count'].forEach((key) => delete (variable as unknown as Record<string, unknown>)[key]));
}
