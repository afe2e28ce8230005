// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The dashboards as they are installed: what should be on the screen.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Mapping {
  type: string;
  options: Record<string, { text?: string; color?: string }>;
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  panels?: Panel[];
  targets?: { expr: string }[];
  fieldConfig?: {
    defaults: { noValue?: string; unit?: string; mappings?: Mapping[] };
    overrides: { properties: { id: string; value: unknown }[] }[];
  };
}

export interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  links: { title: string; url: string }[];
}

const directory = join(__dirname, '..', 'json');

export const dashboards: Dashboard[] = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')));

/** The colours that each text may have by the mappings of a panel, as the browser writes them. What stands for no value is of any column. */
export function mappedColours(panel: Panel): Record<string, string[]> {
  const overridden = (panel.fieldConfig?.overrides ?? []).flatMap((o) => o.properties.filter((p) => p.id === 'mappings').flatMap((p) => p.value as Mapping[]));
  const texts = [...(panel.fieldConfig?.defaults.mappings ?? []), ...overridden]
    .filter((m) => m.type === 'value')
    .flatMap((m) => Object.values(m.options));
  const colours: Record<string, string[]> = {};
  for (const { text, color } of texts) {
    if (text && text !== '–' && color?.startsWith('#')) (colours[text] ??= []).push(rgb(color));
  }
  return colours;
}

function rgb(hex: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgb(${red}, ${green}, ${blue})`;
}
