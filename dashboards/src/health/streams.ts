// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, timeline } from '../panels';
import { among, inRange, named, namedOverTime, overTime, series } from '../query';
import { organizationColumns } from '../quota_table';
import { colour, ofTrouble, texts, unit } from '../style';
import { table } from '../table';

const silent = series('usage_stream_silent');
const words = texts({ 0: { text: 'speaking', color: colour.teal }, 1: { text: 'silent', color: colour.vermillion } });

export const streams = (): Row => ({
  title: 'Streams',
  panels: [
    figure({
      title: 'Silent now',
      description: 'Chosen organizations of which nothing came for an hour, in an hour of the week that had items in three of the last four weeks.',
      empty: 'None is counted yet', unit: unit.count,
    }, 4, { expr: `sum(${among(silent)})` }).thresholds(ofTrouble).height(9),
    table({
      title: 'Organizations and their telemetry',
      description: 'When the latest counted event of each chosen organization happened, and whether its telemetry has fallen silent.',
      empty: 'No organization is counted yet', unit: unit.count,
    }, 8, 9,
    [
      ...organizationColumns,
      { expr: named(silent), title: 'Telemetry', mappings: words, coloured: true, width: 110 },
      { expr: among(`${series('usage_last_event_timestamp_seconds')} * 1000`), title: 'Latest event', unit: unit.fromNow, width: 130 },
    ],
    { title: 'Telemetry', desc: true }),
    timeline({
      title: 'Silence over time',
      description: 'When the telemetry of which of the chosen organizations was silent.',
      empty: 'No figures in this time range', unit: unit.text,
    }, 12, '15m', { expr: namedOverTime(overTime(silent)), legend: '{{name}}' }, inRange(series('usage_stream_silent', { organization: '=~$organization' }))).mappings(words),
  ],
});
