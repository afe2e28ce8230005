// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The plugin in a running Grafana, as docker-compose.yml provisions it: what
// nothing but Grafana itself can show. Figures and rights are tested elsewhere.

import { expect, test } from '@grafana/plugin-e2e';
import type { APIRequestContext, Locator, Page } from '@playwright/test';

const app = 'otelcol-usage-app';
const type = 'otelcol-usage-datasource';

/** The uid of the Usage datasource. */
async function datasource(request: APIRequestContext): Promise<string> {
  const list: { uid: string; type: string }[] = await (await request.get('/api/datasources')).json();
  const found = list.find((d) => d.type === type);
  expect(found, `a datasource of type ${type}`).toBeDefined();
  return found!.uid;
}

const visible = async (request: APIRequestContext, uid: string, headers: Record<string, string> = {}): Promise<string[]> => {
  const response = await request.get(`/api/datasources/uid/${uid}/resources/organizations`, { headers });
  expect(response.status(), await response.text()).toBe(200);
  return (await response.json()).data.map(({ id }: { id: string }) => id);
};

test('Grafana has loaded the app and its datasource', async ({ request }) => {
  for (const id of [app, type]) {
    const response = await request.get(`/api/plugins/${id}/settings`);
    expect(response.status(), id).toBe(200);
  }
});

test('the backend answers its health check', async ({ request }) => {
  const response = await request.get(`/api/datasources/uid/${await datasource(request)}/health`);
  const health = await response.json();
  expect(health.details.steps.map(({ what }: { what: string }) => what)).toContain('The store answers');
  expect(health.status, health.message).toBe('OK');
});

// What only the page itself shows: Grafana's navigation has the names of pages and dashboards, too.
const shows: Record<string, (page: Page) => Locator> = {
  reports: (page) => page.getByText('Download as'),
  schedules: (page) => page.getByRole('button', { name: 'New schedule' }),
  users: (page) => page.getByLabel('Meter', { exact: true }),
  setup: (page) => page.getByText('The store answers'),
};
for (const [path, shown] of Object.entries(shows)) {
  test(`the page ${path} opens`, async ({ page, gotoAppPage }) => {
    const wrong: string[] = [];
    // Of the plugin only: a Grafana without internet has errors of its own.
    page.on('pageerror', (error) => error.stack?.includes('otelcol-usage') && wrong.push(error.stack));
    await gotoAppPage({ pluginId: app, path });
    await expect(shown(page).first()).toBeVisible();
    expect(wrong).toEqual([]);
  });
}

test('a query in Explore answers, and what is picked writes it', async ({ page, request }) => {
  const uid = await datasource(request);
  const panes = { a: { datasource: uid, queries: [{ refId: 'A', expr: 'usage_organization_info', instant: true, format: 'table', datasource: { type, uid } }], range: { from: 'now-1h', to: 'now' } } };
  await page.goto(`/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`);
  await expect(page.getByLabel('PromQL').first()).toHaveValue('usage_organization_info');
  await expect(page.getByText('Choose a meter').or(page.getByPlaceholder('Choose a meter')).first()).toBeVisible();
});

test('a live query goes on in a stream of its own', async ({ page, request }) => {
  const uid = await datasource(request);
  const subscribed = new Promise<string>((resolve) =>
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => String(payload).includes(`ds/${uid}/live/`) && resolve(String(payload))))
  );
  const panes = { a: { datasource: uid, queries: [{ refId: 'A', expr: 'usage_organization_info', range: true, live: true, datasource: { type, uid } }], range: { from: 'now-1h', to: 'now' } } };
  await page.goto(`/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`);
  await expect(page.getByRole('radio', { name: 'Live' })).toBeChecked();
  expect(await subscribed).toContain('usage_organization_info');
});

test('queries are answered by the API that panels use', async ({ request }) => {
  const uid = await datasource(request);
  const response = await request.post('/api/ds/query', {
    data: { from: 'now-1h', to: 'now', queries: [{ refId: 'A', expr: 'usage_organization_info', instant: true, datasource: { type, uid }, intervalMs: 60000, maxDataPoints: 100 }] },
  });
  expect(response.status(), await response.text()).toBe(200);
  const { results } = await response.json();
  expect(results.A.frames.length).toBeGreaterThan(0);
});

test('the six dashboards are there, and on this datasource', async ({ request }) => {
  for (const uid of ['portfolio', 'organization', 'active-users', 'concurrent-users', 'alerts', 'health']) {
    const response = await request.get(`/api/dashboards/uid/usage-${uid}`);
    expect(response.status(), uid).toBe(200);
    expect(JSON.stringify((await response.json()).dashboard), uid).toContain(type);
  }
});

test('variables of a dashboard are filled in', async ({ page }) => {
  await page.goto('/d/usage-organization');
  await expect(page.getByText('No options found')).toHaveCount(0);
  await expect(page.getByText('Organization', { exact: true }).filter({ visible: true }).first()).toBeVisible();
});

test.describe('jane, a customer success manager', () => {
  const password = process.env.GRAFANA_CSM_PASSWORD;
  test.skip(!password, 'GRAFANA_CSM_PASSWORD names no password of the example user jane');

  test('sees fewer organizations than the operator, whatever she sends along', async ({ playwright, request, baseURL }) => {
    const uid = await datasource(request);
    const all = await visible(request, uid);
    // Without the cookie of the admin, which a new context has else.
    const storageState = { cookies: [], origins: [] };
    const jane = await playwright.request.newContext({ baseURL, storageState, httpCredentials: { username: 'jane', password: password!, send: 'always' } });
    const own = await visible(jane, uid);
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThan(all.length);
    expect(all).toEqual(expect.arrayContaining(own));
    const forged = { 'Usage-On-Behalf-Of': 'email=operator%40example.com', 'X-Grafana-User': 'admin', 'X-Grafana-Id': 'eyJhbGciOiJub25lIn0.eyJlbWFpbCI6Im9wZXJhdG9yQGV4YW1wbGUuY29tIn0.' };
    expect(await visible(jane, uid, forged)).toEqual(own);
    await jane.dispose();
  });
});
