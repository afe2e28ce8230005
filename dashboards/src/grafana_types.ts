// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// What Grafana 12.4 knows: the types by which schema.ts checks.

import type { Dashboard, FieldConfig } from '@grafana/schema';
import type * as barchart from '@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as statetimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type Nothing = Record<string, never>;

export interface Known {
  dashboard: Dashboard;
  field: FieldConfig;
  panels: {
    row: { options: Nothing; custom: Nothing };
    barchart: { options: barchart.Options; custom: barchart.FieldConfig };
    bargauge: { options: bargauge.Options; custom: Nothing };
    stat: { options: stat.Options; custom: Nothing };
    'state-timeline': { options: statetimeline.Options; custom: statetimeline.FieldConfig };
    table: { options: table.Options; custom: table.FieldConfig };
    text: { options: text.Options; custom: Nothing };
    timeseries: { options: timeseries.Options; custom: timeseries.FieldConfig };
  };
}
