// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// What all dashboards have in common, and their rows.

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { DashboardBuilder, DashboardCursorSync, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard, Panel, RowPanel, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';

import { bar, uids } from './links';
import { dataSource, ledger } from './variables';

export interface Row {
  title: string;
  panels: Builder<Panel>[];
  /** Opened by a click: what is about products that not every customer uses. The title then says what it holds, without variables, which may have no value. */
  collapsed?: boolean;
}

export interface Page {
  of: keyof typeof uids;
  title: string;
  description: string;
  /** Beside the store and the ledger. */
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
    .variables([dataSource(), ...page.variables, ledger()])
    .links(bar(page.of, page.oneOrganization))
    .annotations([]);
  for (const row of page.rows) {
    const head = new RowBuilder(row.title).collapsed(false);
    if (row.collapsed) row.panels.forEach((panel) => head.withPanel(panel));
    d.withRow(head);
    if (!row.collapsed) row.panels.forEach((panel) => d.withPanel(panel));
  }
  const built = d.build();
  closeRows(built);
  forget(built);
  return built;
}

/** All panels, each row before those that are collapsed in it. */
export const panelsOf = (d: Dashboard) => (d.panels ?? []).flatMap((panel) => [panel as Panel, ...((panel as RowPanel).panels ?? [])]);

/** Numbers the panels, and takes the place of those in collapsed rows away: what is below begins there. */
function closeRows(d: Dashboard) {
  panelsOf(d).forEach((panel, i) => (panel.id = i + 1));
  let hidden = 0;
  for (const panel of d.panels ?? []) {
    panel.gridPos!.y -= hidden;
    const inside = (panel as RowPanel).panels ?? [];
    inside.forEach((p) => (p.gridPos!.y -= hidden));
    hidden += Math.max(0, ...inside.map((p) => p.gridPos!.y + p.gridPos!.h - panel.gridPos!.y - 1));
  }
}

/** Takes out what the SDK writes and Grafana 12 does not know. */
function forget(d: Dashboard) {
  panelsOf(d).forEach((panel) => panel.type === 'table' && delete panel.options.footer);
  d.templating?.list?.forEach((variable) => ['auto', 'auto_min', 'auto_count'].forEach((key) => delete (variable as unknown as Record<string, unknown>)[key]));
}
