// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// What can be typed at a place of an expression.

export type Place =
  | { what: 'name'; prefix: string; from: number }
  | { what: 'label'; metric: string; prefix: string; from: number }
  | { what: 'value'; metric: string; label: string; prefix: string; from: number };

const word = /[\p{L}_:][\p{L}\p{N}_:.]*$/u;

/** Where a caret is, or undefined where nothing is suggested: in a duration, behind a value. */
export function placeAt(text: string, caret: number): Place | undefined {
  const before = text.slice(0, caret);
  let open = -1; // of the selector that the caret is in
  let quote = -1; // of the text that it is in
  for (let i = 0; i < before.length; i++) {
    const c = before[i];
    if (quote >= 0) {
      if (c === '\\') {
        i++;
      } else if (c === before[quote]) {
        quote = -1;
      }
    } else if (c === '"' || c === "'" || c === '`') {
      quote = i;
    } else if (c === '{') {
      open = i;
    } else if (c === '}') {
      open = -1;
    }
  }
  const metric = open < 0 ? '' : (word.exec(before.slice(0, open))?.[0] ?? '');
  if (quote >= 0) {
    const label = /([\p{L}_][\p{L}\p{N}_.]*)\s*(=~|!~|!=|=)\s*$/u.exec(before.slice(0, quote))?.[1];
    return open >= 0 && label ? { what: 'value', metric, label, prefix: before.slice(quote + 1), from: quote + 1 } : undefined;
  }
  const prefix = word.exec(before)?.[0] ?? '';
  const from = caret - prefix.length;
  if (open >= 0) {
    return /[{,]\s*$/.test(before.slice(0, from)) ? { what: 'label', metric, prefix, from } : undefined;
  }
  return prefix.length > 1 && !/[\d.]$/.test(before.slice(0, from)) ? { what: 'name', prefix, from } : undefined;
}

/** The query of a variable that has what fits there. */
export function questionOf(place: Place): string {
  switch (place.what) {
    case 'name':
      return 'label_values(__name__)';
    case 'label':
      return `label_names(${place.metric})`;
    case 'value':
      return place.metric ? `label_values(${place.metric}, ${place.label})` : `label_values(${place.label})`;
  }
}

/** Those that go on from what is typed first, then those that have it within; a few. */
export function fitting(all: string[], prefix: string, most = 8): string[] {
  const typed = prefix.toLowerCase();
  const matching = all.filter((text) => text.toLowerCase().includes(typed) && text !== prefix);
  return matching.sort((a, b) => Number(b.toLowerCase().startsWith(typed)) - Number(a.toLowerCase().startsWith(typed))).slice(0, most);
}

/** The text with a suggestion in its place, and where the caret is behind it. */
export function accept(text: string, caret: number, place: Place, suggestion: string): { text: string; caret: number } {
  const more = place.what === 'label' ? '="' : '';
  const head = text.slice(0, place.from) + suggestion + more;
  return { text: head + text.slice(caret), caret: head.length };
}
