// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Finds what Grafana does not know in a dashboard. Its API says nothing, since
// it accepts any field, and the SDK describes an older Grafana.

import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { join } from 'node:path';
import * as ts from 'typescript';

import { panelsOf } from './frame';

const file = join(__dirname, '..', 'src', 'grafana_types.ts');

const program = ts.createProgram([file], { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16, strict: true, skipLibCheck: true, types: [] });
const checker = program.getTypeChecker();
const known = checker.getDeclaredTypeOfSymbol(
  checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!).find((s) => s.name === 'Known')!,
);

const parts = (type: ts.Type) => {
  const there = checker.getNonNullableType(type);
  return there.isUnion() ? there.types : [there];
};
const isAny = (type: ts.Type) => (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0;

/** The types of a key, or of an element, in what a value may be. */
const inside = (type: ts.Type, key: string) =>
  parts(type).flatMap((t) => {
    const property = checker.getPropertyOfType(t, key);
    const found = property ? checker.getTypeOfSymbol(property) : checker.getIndexTypeOfType(t, ts.IndexKind.String);
    return found ? [found] : [];
  });

function step(type: ts.Type, key: string): ts.Type {
  const [found] = inside(type, key);
  if (!found) {
    throw new Error(`Grafana knows no ${key}`);
  }
  return found;
}

const literal = (value: unknown) => (type: ts.Type) =>
  isAny(type) || (type.isLiteral() && type.value === value) ||
  (typeof value === 'string' && (type.flags & ts.TypeFlags.String) !== 0) ||
  (typeof value === 'number' && (type.flags & ts.TypeFlags.Number) !== 0) ||
  (typeof value === 'boolean' && (type.flags & ts.TypeFlags.BooleanLike) !== 0);

/** What of a value does not fit a type, by its path. */
function misfits(type: ts.Type, value: unknown, path: string): string[] {
  if (value === null || value === undefined || isAny(type)) {
    return [];
  }
  if (typeof value !== 'object') {
    return parts(type).some(literal(value)) ? [] : [`${path} is ${JSON.stringify(value)}`];
  }
  // What fits one of several types fits. Else the one that it fits best says why not.
  return parts(type).map((t) => misfitsOne(t, value, path)).reduce((a, b) => (b.length < a.length ? b : a));
}

function misfitsOne(type: ts.Type, value: object, path: string): string[] {
  if (isAny(type)) {
    return [];
  }
  if (Array.isArray(value)) {
    const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
    return element ? value.flatMap((v, i) => misfits(element, v, `${path}[${i}]`)) : [`${path} is a list`];
  }
  return Object.entries(value).flatMap(([key, v]) => {
    const [found] = inside(type, key);
    return found ? misfits(found, v, `${path}.${key}`) : [`${path}.${key} is unknown`];
  });
}

function panelMisfits(panel: Panel): string[] {
  const type = step(step(known, 'panels'), panel.type);
  const custom = step(type, 'custom');
  const field = step(known, 'field');
  const at = `panel ${panel.title}: `;
  const overrides = (panel.fieldConfig?.overrides ?? []).flatMap((o) => o.properties).flatMap(({ id, value }) => {
    const [first, ...rest] = id.split('.');
    const of = first === 'custom' ? custom : step(field, first);
    const [found] = rest.reduce<ts.Type[]>((types, key) => types.flatMap((t) => inside(t, key)), [of]);
    return found ? misfits(found, value, at + id) : [`${at}${id} is unknown`];
  });
  return [
    ...misfits(step(type, 'options'), panel.options, `${at}options`),
    ...misfits(custom, panel.fieldConfig?.defaults.custom, `${at}custom`),
    ...overrides,
  ];
}

export const unknown = (dashboard: Dashboard): string[] => [
  ...misfits(step(known, 'dashboard'), dashboard, 'dashboard'),
  ...panelsOf(dashboard).flatMap(panelMisfits),
];
