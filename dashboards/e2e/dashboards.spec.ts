// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from '@grafana/plugin-e2e';
import type { Page } from '@playwright/test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Panel {
  type: string;
  title: string;
}

const directory = join(__dirname, '..', 'json');

/** Scrolls through the page, since Grafana loads panels as they come into sight. */
async function seeAll(page: Page) {
  const end = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y <= end; y += 600) {
    await page.mouse.wheel(0, 600);
    await page.waitForLoadState('networkidle');
  }
}

for (const file of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
  const { uid, title, panels }: { uid: string; title: string; panels: Panel[] } = JSON.parse(readFileSync(join(directory, file), 'utf8'));

  test(`${title} shows every panel without an error`, async ({ gotoDashboardPage, page }, info) => {
    const dashboard = await gotoDashboardPage({ uid });
    await seeAll(page);
    for (const panel of panels.filter((p) => p.type !== 'row' && !p.title.includes('$'))) {
      const shown = dashboard.getPanelByTitle(panel.title);
      await expect(shown.locator, panel.title).toHaveCount(1);
      await expect(shown.getErrorIcon(), panel.title).not.toBeVisible();
    }
    await expect(page.getByTestId('data-testid Panel status error')).toHaveCount(0);
    await page.screenshot({ path: info.outputPath(`${uid}.png`), fullPage: true });
  });
}
