// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// What an alert says. Annotations are in no series, so that a few words are made
// of the labels; the whole message is in the notification.

/** By the alert's name: $1 is the title of the meter, $2 of the window, $3 the threshold. */
const words: Record<string, string> = {
  UsageQuotaThresholdReached: '$1: $3 of $2 quota',
  UsageQuotaExceeded: '$1: above $2 quota',
  UsageLicencePeakOverLimit: '$1: above licence',
  UsageQuotaExhaustionProjected: '$1: $2 quota runs out early',
  UsageStreamSilent: 'no telemetry comes',
  UsageItemsRejected: 'items are refused',
  UsageLedgerNotReady: 'the ledger is not ready',
  UsageLedgerDamaged: 'files of the ledger are damaged',
  UsageStoreLost: 'samples of the embedded store are lost',
  UsageCatalogueRefused: 'the catalogue is refused',
  UsageFiguresLost: 'figures of minutes are lost',
  UsageShardAway: 'a shard is away',
  UsageShardsClaimOneOrganization: 'two shards claim it',
  UsageShardRunsTwice: 'a shard runs twice',
  UsageShardRefusesItems: 'a shard refuses items of others',
  UsageShardMapsDiffer: 'shards have different maps',
  UsageGatewayNotSending: 'a gateway cannot send',
  UsageReportNotDelivered: 'a report is not delivered',
  UsageAlertTest: 'a test',
};

/** A threshold as people write it; 0.125 stays as it is. */
const percentages: [of: string, text: string][] = [
  ['0[.]([0-9])', '${1}0 %'],
  ['0[.]([1-9][0-9])', '$1 %'],
  ['1', '100 %'],
  ['1[.]([0-9])', '1${1}0 %'],
  ['1[.]([0-9]{2})', '1$1 %'],
];

const replace = (expr: string, to: string, text: string, from: string, matching: string) =>
  `label_replace(${expr}, "${to}", "${text}", "${from}", "${matching}")`;

/** Alerts with their words as a label; one without words has its name. */
export function withMessage(alerts: string): string {
  const percent = percentages.reduce((expr, [of, text]) => replace(expr, 'percent', text, 'threshold', of), replace(alerts, 'percent', '$1', 'threshold', '(.*)'));
  const parts = `label_join(${percent}, "parts", ";", "alertname", "meter_title", "window_title", "percent")`;
  return Object.entries(words).reduce(
    (expr, [alert, text]) => replace(expr, 'message', text, 'parts', `${alert};(.*);(.*);(.*)`),
    replace(parts, 'message', '$1', 'alertname', '(.*)'),
  );
}
