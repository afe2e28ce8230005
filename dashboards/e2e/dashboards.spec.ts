// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from '@grafana/plugin-e2e';
import type { DashboardPage } from '@grafana/plugin-e2e';
import type { Page } from '@playwright/test';

import { dashboards, mappedColours } from './json';
import type { Dashboard, Panel } from './json';
import { alike, cutOff, drawnTexts, legendColours, noteDrawnTexts, outOfSight, wronglyColoured } from './rendered';

const charts = ['barchart', 'timeseries', 'state-timeline'];
/** Columns that a phone shows without scrolling sideways, beside the name. */
const matter = ['Used %', 'Of committed', 'Status', 'Severity', 'Share', 'Adoption'];

/** Panels are loaded as they come into sight; the page has its height when they are there. */
async function load(dashboard: DashboardPage, page: Page, panel: Panel) {
  const shown = dashboard.getPanelById(String(panel.id));
  await shown.scrollIntoView();
  await expect(shown.locator, panel.title).toBeVisible();
  await expect(shown.locator.getByLabel('Panel loading bar'), panel.title).toHaveCount(0);
  return shown;
}

/** Looks at one panel, and tells whether it is empty. */
async function check(dashboard: DashboardPage, page: Page, panel: Panel): Promise<boolean> {
  const shown = await load(dashboard, page, panel);
  const it = shown.locator;
  await expect.soft(shown.getErrorIcon(), panel.title).toHaveCount(0);
  expect.soft(await cutOff(it, 'h2, [role="columnheader"]'), `${panel.title}: titles and headers`).toEqual([]);
  if (panel.type === 'text') return false;

  const text = await it.innerText();
  const empty = panel.fieldConfig?.defaults.noValue ?? '';
  expect.soft(empty, panel.title).not.toBe('');
  expect.soft(text, `${panel.title} has the name of a meter for its title`).not.toMatch(/\b(transcription_minutes|workspace_users|product_users|active_learners)\b/);
  expect.soft(text, `${panel.title} is empty and does not say why`).not.toMatch(/^(No data|No value)$/m);
  const isEmpty = text.includes(empty);
  if (panel.type === 'table') {
    expect.soft(isEmpty || (await shown.data.count()) > 0, `${panel.title} has headers and nothing else`).toBe(true);
    expect.soft(await wronglyColoured(shown.data, mappedColours(panel)), panel.title).toEqual([]);
    expect.soft(await outOfSight(shown.fieldNames, matter), `${panel.title}: columns out of sight`).toEqual([]);
  }
  if (panel.type === 'bargauge' && !isEmpty) {
    expect.soft(await cutOff(it, 'div'), `${panel.title}: names`).toEqual([]);
  }
  if (!charts.includes(panel.type) || isEmpty) return isEmpty;

  await expect(it.locator('canvas').first(), panel.title).toBeVisible();
  await expect.poll(() => drawnTexts(it), `${panel.title}: texts of axes`).not.toEqual([]);
  const drawn = await drawnTexts(it);
  expect.soft(drawn.filter((t) => /\.\.\.|…/.test(t)), `${panel.title}: dates and names`).toEqual([]);
  if (panel.type === 'barchart') {
    expect.soft(drawn.filter((t) => /^(\d{4}-)?\d{2}-\d{2}$/.test(t)).length, `${panel.title}: dates in ${drawn}`).toBeGreaterThan(0);
  }
  const ofUsers = panel.fieldConfig?.defaults.unit === 'locale' && panel.targets?.every((q) => /usage_(active|concurrent|hour|registered)_users/.test(q.expr));
  if (ofUsers) {
    expect.soft(drawn.filter((t) => /^-?[\d,]*\.\d+$/.test(t)), `${panel.title}: parts of users`).toEqual([]);
  }
  const legend = await legendColours(it);
  if (legend.length <= 8) {
    expect.soft(alike(legend, 30), `${panel.title}: colours of the legend`).toEqual([]);
  }
  return false;
}

/** Where the organizations are those that use what the page is about. */
const full = ['usage-active-users', 'usage-concurrent-users'];

/** The pixels that a phone may have to scroll through before anything is opened. */
const longest = { 'usage-organization': 2_800 } as Record<string, number>;

async function opened(d: Dashboard, page: Page, isMobile: boolean, empty: string[]) {
  if (full.includes(d.uid)) {
    expect.soft(empty, 'it begins with an organization that uses it').toEqual([]);
  }
  const { width, height } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth - window.innerWidth, height: document.documentElement.scrollHeight }));
  expect.soft(width, 'the page is wider than the screen').toBeLessThanOrEqual(0);
  if (isMobile && longest[d.uid]) {
    expect.soft(height, 'length of the page').toBeLessThan(longest[d.uid]);
  }
}

for (const theme of ['light', 'dark']) {
  for (const d of dashboards) {
    test(`${d.title}, ${theme}`, async ({ gotoDashboardPage, page, isMobile }, info) => {
      await noteDrawnTexts(page);
      const dashboard = await gotoDashboardPage({ uid: d.uid, queryParams: new URLSearchParams({ theme }) });
      const dark = () => page.evaluate(() => (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).slice(0, 3).every((part) => Number(part) < 128));
      await expect.poll(dark).toBe(theme === 'dark');

      const empty: string[] = [];
      for (const panel of d.panels.filter((p) => p.type !== 'row')) {
        if (await check(dashboard, page, panel)) empty.push(panel.title);
      }
      await opened(d, page, isMobile, empty);
      await page.screenshot({ path: info.outputPath(`${d.uid}-${theme}.png`), fullPage: true });

      for (const row of d.panels.filter((p) => p.type === 'row' && p.panels?.length)) {
        const title = page.getByTestId(`data-testid dashboard-row-title-${row.title}`);
        await title.scrollIntoViewIfNeeded();
        expect.soft(await title.evaluate((e) => e.scrollWidth <= e.clientWidth + 1), `${row.title} is cut off`).toBe(true);
        await title.click();
        for (const panel of row.panels!) await check(dashboard, page, panel);
      }
      await page.screenshot({ path: info.outputPath(`${d.uid}-${theme}-open.png`), fullPage: true });
    });
  }
}

test('links lead to pages that are there', async ({ page, request }) => {
  for (const d of dashboards) {
    for (const link of d.links) {
      const uid = /^\/d\/([a-z-]+)/.exec(link.url)?.[1];
      if (uid) expect.soft((await request.get(`/api/dashboards/uid/${uid}`)).ok(), `${d.title}: ${link.title}`).toBe(true);
    }
    await page.goto(`/d/${d.uid}`);
    await expect.soft(page.getByRole('link', { name: /^Reports/ }).first(), d.title).toHaveAttribute('href', /^http:\/\/localhost:8320\/reports/);
    await expect.soft(page.getByRole('link', { name: /^Schedules/ }).first(), d.title).toHaveAttribute('href', /^http:\/\/localhost:8320\/schedules/);
    await expect.soft(page.getByRole('link', { name: 'Alert rules' }).first(), d.title).toHaveAttribute('href', /\/alerting\/list/);
  }
  await page.goto('/alerting/list');
  await expect(page.getByRole('heading', { name: 'Alert rules' }).first()).toBeVisible();
});
