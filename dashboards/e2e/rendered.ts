// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// What can be read from a page that Grafana has drawn.

import type { Locator, Page } from '@playwright/test';

declare global {
  interface Window {
    /** What stands on each canvas since it was last cleared. */
    drawnTexts: WeakMap<HTMLCanvasElement, string[]>;
  }
}

/** Axes and values of charts are drawn on a canvas, where the document has no text. So what is drawn is noted down. To be called before the page is opened. */
export const noteDrawnTexts = (page: Page) =>
  page.addInitScript(() => {
    const drawn = (window.drawnTexts = new WeakMap<HTMLCanvasElement, string[]>());
    const context = CanvasRenderingContext2D.prototype;
    const { fillText, clearRect } = context;
    context.fillText = function (text, ...where) {
      drawn.set(this.canvas, [...(drawn.get(this.canvas) ?? []), text]);
      fillText.call(this, text, ...where);
    };
    context.clearRect = function (x, y, width, height) {
      if (x <= 0 && y <= 0 && width >= this.canvas.width && height >= this.canvas.height) drawn.delete(this.canvas);
      clearRect.call(this, x, y, width, height);
    };
  });

export const drawnTexts = (panel: Locator) =>
  panel.locator('canvas').evaluateAll((all) => all.flatMap((canvas) => window.drawnTexts.get(canvas as HTMLCanvasElement) ?? []));

/** Texts that have less room than they need, in what a selector finds and all that is in it. */
export const cutOff = (panel: Locator, selector: string) =>
  panel.locator(selector).evaluateAll((found) =>
    found
      .flatMap((element) => [element, ...element.querySelectorAll('*')])
      .filter((e) => e.textContent && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible')
      .map((e) => `${e.textContent}: ${e.scrollWidth} pixels in ${e.clientWidth}`),
  );

/** Cells whose text has a colour, but not the one it should have. */
export const wronglyColoured = (cells: Locator, colours: Record<string, string[]>) =>
  cells.evaluateAll((all, wanted) => {
    const wrong: string[] = [];
    for (const cell of all) {
      let inner: Element = cell;
      while (inner.children.length === 1) inner = inner.children[0];
      const text = cell.textContent?.trim() ?? '';
      const shown = getComputedStyle(inner).color;
      if (wanted[text] && !wanted[text].includes(shown)) wrong.push(`${text} in ${shown}, not ${wanted[text]}`);
    }
    return wrong;
  }, colours);

/** The colours of a legend, each series once, but for dashed lines, whose icons have none. */
export const legendColours = (panel: Locator) =>
  panel.getByTestId('series-icon').evaluateAll((icons) => icons.map((icon) => getComputedStyle(icon).backgroundColor).filter((c) => c !== 'rgba(0, 0, 0, 0)'));

/** Pairs of colours that are hardly told apart. */
export function alike(colours: string[], distance: number): string[] {
  const numbers = colours.map((c) => (c.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number));
  return numbers.flatMap((a, i) =>
    numbers.slice(i + 1).flatMap((b, j) => (Math.hypot(...a.map((value, k) => value - b[k])) < distance ? [`${colours[i]} and ${colours[i + 1 + j]}`] : [])),
  );
}

/** Columns that begin or end beyond the screen. */
export const outOfSight = (headers: Locator, titles: string[]) =>
  headers.evaluateAll((all, wanted) => all.filter((h) => wanted.includes(h.textContent?.trim() ?? '') && h.getBoundingClientRect().right > window.innerWidth).map((h) => h.textContent), titles);
