// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { config, setBackendSrv, setDataSourceSrv, type BackendSrv, type BackendSrvRequest, type DataSourceSrv } from '@grafana/runtime';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router-dom';
import { of, throwError } from 'rxjs';

import App from '../components/App';

type Answer = object | ((request: BackendSrvRequest) => object) | Error;

const refusal = (status: number, message: string) => Object.assign(new Error(message), { status, statusText: '', data: { message }, config: {} });

/** Opens a page, with what the backend answers by resource. */
function open(page: string, answers: Record<string, Answer>, { role = 'Viewer', datasource = true } = {}) {
  const asked: BackendSrvRequest[] = [];
  config.bootData = { ...config.bootData, user: { ...config.bootData?.user, orgRole: role } } as typeof config.bootData;
  setDataSourceSrv({ getList: () => (datasource ? [{ uid: 'usage', name: 'Usage' }] : []), reload: () => {} } as unknown as DataSourceSrv);
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => {
      asked.push(request);
      const resource = /(?:resources\/|usage\/(?=health))([\w/]+)/.exec(request.url)![1];
      const answer = answers[resource];
      if (answer === undefined || answer instanceof Error) {
        return throwError(() => answer ?? refusal(404, `nothing for ${resource}`));
      }
      return of({ data: typeof answer === 'function' ? answer(request) : answer });
    },
    get: () => Promise.resolve(answers.settings),
  } as unknown as BackendSrv);
  render(
    <MemoryRouter initialEntries={[`/${page}`]}>
      <App />
    </MemoryRouter>
  );
  return asked;
}

const access = (rights: object) => ({ data: { sees_all: false, organizations: ['acme'], writes_all: false, writes: [], ...rights } });
const schedule = { id: 'bill', name: 'Bill of Acme', report: 'billing', organization: 'acme', formats: ['csv'], recipients: ['directory'], cadence: 'monthly', enabled: true, due: 0, failed: 2 };

test('a person without rights is told what the server says, and may try again', async () => {
  const answers: Record<string, Answer> = { access: refusal(403, 'ask for an entry in the catalogue') };
  open('reports', answers);
  expect(await screen.findByText('ask for an entry in the catalogue')).toBeInTheDocument();
  answers.access = access({});
  answers.organizations = { data: [{ id: 'acme', name: 'Acme GmbH' }] };
  answers.report = refusal(503, 'no figures yet');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('no figures yet')).toBeInTheDocument();
});

test('a report is shown with ways to each format', async () => {
  const section = { name: 'usage', title: 'Usage', note: null, columns: [{ name: 'used', title: 'Used', type: 'amount', unit: 'min' }], rows: Array.from({ length: 60 }, (_, i) => ({ used: String(i) })), totals: [] };
  open('reports?kind=billing&organization=acme&period=2026-10', {
    access: access({}),
    organizations: { data: [] },
    report: { title: 'Bill', subject: 'Acme GmbH', period: { title: 'October 2026', zone: 'UTC', running: false }, basis: 'known', notes: ['A note'], definitions: [], sections: [section] },
  });
  expect(await screen.findByText('A note')).toBeInTheDocument();
  const focus = screen.getByRole('link', { name: 'FOCUS' });
  expect(focus).toHaveAttribute('href', '/api/datasources/uid/usage/resources/report?kind=billing&organization=acme&period=2026-10&format=focus');
  expect(screen.queryByText('59 min')).not.toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Show all 60 rows' }));
  expect(screen.getByText('59 min')).toBeInTheDocument();
});

test('who may not change a schedule is offered no change', async () => {
  open('schedules', { access: access({}), schedules: { data: [schedule] } });
  expect(await screen.findByText('Bill of Acme')).toBeInTheDocument();
  expect(screen.getByText('2 failed')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'New schedule' })).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Change Bill of Acme' })).not.toBeInTheDocument();
});

test('who may change it sends a test, and reads why it did not arrive', async () => {
  const asked = open('schedules', {
    access: access({ writes: ['acme'] }),
    schedules: { data: [schedule] },
    deliveries: { data: [] },
    'schedule/test': { data: [{ id: '1', recipient: 'directory', state: 'failed', error: 'the disk is full', period: { name: '2026-10' } }] },
  });
  await userEvent.click(await screen.findByRole('button', { name: 'History of Bill of Acme' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Send now' }));
  expect(await screen.findByText('directory: the disk is full')).toBeInTheDocument();
  expect(asked.find(({ method }) => method === 'POST')).toMatchObject({ data: {} });
});

test('without a datasource an administrator is led to the setup, and nobody else', async () => {
  open('users', {}, { datasource: false });
  expect(await screen.findByText('There is no Usage datasource yet')).toBeInTheDocument();
  expect(screen.queryByRole('link', { name: 'Set it up' })).not.toBeInTheDocument();
});

test('the setup is for administrators, and says each step of the chain', async () => {
  const steps = [
    { what: 'The usage API answers', state: 'ok', text: 'at usage:8320' },
    { what: 'It counts', state: 'error', text: 'the disk is full' },
    { what: 'The store answers', state: 'skipped', text: '' },
  ];
  const broken = Object.assign(new Error(), { status: 400, statusText: '', data: { status: 'ERROR', message: 'The disk is full', details: { steps } }, config: {} });
  open('setup', { health: broken, settings: { uid: 'usage', name: 'Usage', url: 'http://store', jsonData: { usageUrl: 'http://usage:8320' }, secureJsonFields: { token: true } } }, { role: 'Admin' });
  expect(await screen.findByText('The disk is full')).toBeInTheDocument();
  expect(screen.getByText('at usage:8320')).toBeInTheDocument();
  expect(screen.getByText('not tried yet')).toBeInTheDocument();
  expect(screen.getByLabelText('Usage API', { exact: false })).toHaveValue('http://usage:8320');
});

test('a viewer sets nothing up', async () => {
  open('setup', {});
  await waitFor(() => expect(screen.getByText('Setting up is for administrators')).toBeInTheDocument());
});
