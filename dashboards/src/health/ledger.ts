// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, line, trend } from '../panels';
import { among, chosen, series } from '../query';
import { colour, ofReadiness, ofTrouble, texts, thresholds, unit } from '../style';

const away = 'Nothing came lately';
const remedy = 'Where nothing came in the last minutes: is the collector running, and does the datasource point to its store?';

export const ledger = (): Row => ({
  title: 'Ledger and store',
  panels: [
    figure({
      title: 'Ledger',
      description: 'Whether the ledger acknowledges. While it does not, senders repeat and nothing is lost; the reason is on the overview page and in the log. ' + remedy,
      empty: away, unit: unit.yesNo,
    }, 4, { expr: `min(${series('usage_ledger_ready')})` })
      .thresholds(ofReadiness)
      .mappings(texts({ 0: { text: 'not ready', color: colour.vermillion }, 1: { text: 'ready', color: colour.teal } })),
    figure({
      title: 'Catalogue',
      description: 'Refused: the file is bad, and the last good content is in force. The overview page says why, with the line.',
      empty: away, unit: unit.yesNo,
    }, 4, { expr: `max(${series('usage_catalogue_refused')})` })
      .thresholds(ofTrouble)
      .mappings(texts({ 0: { text: 'in force', color: colour.teal }, 1: { text: 'refused', color: colour.vermillion } })),
    figure({
      title: 'Age of the figures',
      description: 'Since the last figures that the store has. They come every minute.',
      empty: away, unit: unit.seconds,
    }, 4, { expr: `time() - max(timestamp(${series('usage_ledger_ready')}))` })
      .thresholds(thresholds({ value: null, color: colour.teal }, { value: 180, color: colour.vermillion })),
    figure({
      title: 'Organizations',
      description: 'Organizations in the catalogue, or seen once, among the chosen ones.',
      empty: 'None is counted yet', unit: unit.count,
    }, 4, { expr: `count(count by (organization) (${chosen}))` }),
    figure({
      title: 'Meters made too small by a limit',
      description: 'Meters of the chosen organizations that a resource limit refused users of: their figures are too small for good.',
      empty: 'No organization is counted yet', unit: unit.count,
    }, 8, { expr: `sum(${among(series('usage_incomplete'))})` }).thresholds(ofTrouble),
    trend({
      title: 'Figures in the store',
      description: 'Collections that the store has of the hour before each time: 60 when nothing is missing, fewer in the first hour. What was replayed is none.',
      empty: 'No collector wrote in this time range', unit: unit.count,
    }, 24, '1m', { expr: `max(count_over_time(${series('usage_ledger_ready')}[1h]))`, legend: 'collections per hour' })
      .height(6)
      .overrideByName('collections per hour', line(colour.blue)),
  ],
});
