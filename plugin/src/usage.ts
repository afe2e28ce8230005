// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The usage API, as the datasource's backend hands it on. Who asks is what
// Grafana's server knows; nothing here says it.

import { getBackendSrv, isFetchError } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';

export interface Access {
  name: string;
  sees_all: boolean;
  organizations: string[];
  writes_all: boolean;
  writes: string[];
  person?: Record<string, string[]>;
}

export interface Organization {
  id: string;
  name?: string;
  reseller?: string;
  timezone: string;
}

export interface Named {
  name: string;
  title: string;
}

export type MeterType = 'active_users' | 'concurrent_users' | 'consumption';

export interface Window extends Named {
  periods: string[];
}

export interface Meter extends Named {
  type: MeterType;
  unit?: string;
  windows: Window[];
}

export interface Choices {
  organizations: Named[];
  meters: Meter[];
}

export const kinds = [
  { value: 'usage-summary', label: 'Usage summary', description: 'Use of every meter against limits and the period before' },
  { value: 'billing', label: 'Billing', description: 'Subscription, overage and adjustments' },
  { value: 'activity', label: 'Activity', description: 'What was done, day by day' },
  { value: 'users', label: 'Users', description: 'Who was counted, by id' },
] as const;
export type Kind = (typeof kinds)[number]['value'];

export const formats = ['pdf', 'xlsx', 'csv', 'json', 'ndjson', 'html', 'focus'] as const;
export type Format = (typeof formats)[number];
export const formatTitles: Record<Format, string> = { pdf: 'PDF', xlsx: 'Excel', csv: 'CSV', json: 'JSON', ndjson: 'NDJSON', html: 'HTML', focus: 'FOCUS' };
/** Bills alone are had as FOCUS. */
export const formatsOf = (kind: Kind) => formats.filter((format) => format !== 'focus' || kind === 'billing');

export interface Column {
  name: string;
  title: string;
  type: 'text' | 'count' | 'number' | 'amount' | 'money' | 'share' | 'date' | 'instant';
  unit: string | null;
}

export type Row = Record<string, string | number | null>;

export interface Report {
  report: Kind;
  title: string;
  subject: string;
  period: { name: string; title: string; zone: string | null; running: boolean };
  basis: string;
  made: string;
  definitions: { meter: string; title: string; from: string | null }[];
  notes: string[];
  sections: { name: string; title: string; note: string | null; columns: Column[]; rows: Row[]; totals: Row[] }[];
}

export interface ReportQuery {
  kind: Kind;
  organization?: string;
  period: string;
  window?: string;
  basis?: string;
}

export interface ScheduleBody {
  name: string;
  report: Kind;
  organization?: string;
  reseller?: string;
  formats: string[];
  recipients: string[];
  cadence: string;
  window?: string;
  day?: string;
  time?: string;
  timezone?: string;
  provisional?: boolean;
  enabled?: boolean;
}

export interface Schedule extends ScheduleBody {
  id: string;
  enabled: boolean;
  next?: string;
  next_period?: { name: string };
  problem?: string;
  due: number;
  failed: number;
  last_delivered?: string;
}

export interface Delivery {
  id: string;
  period: { name: string };
  recipient: string;
  test?: boolean;
  state: 'due' | 'delivered' | 'failed' | 'cancelled';
  created: string;
  attempts: number;
  error?: string;
  sent?: string;
}

export interface FirstItem {
  time: string;
  action: string;
  signal?: string;
  uid?: string;
  definition: string | null;
}

export interface Part {
  meter: string;
  type: MeterType;
  counts?: boolean;
  class?: string;
  billable?: boolean;
  standing?: boolean;
  first?: FirstItem;
  last?: string;
  sum?: number;
  hours?: number;
}

export interface User {
  id: string;
  pseudonym?: string;
  place: number;
  status?: string;
  standing: boolean;
  first_activity: string | null;
  last_activity: string | null;
  meters: Part[];
}

export interface UserQuery {
  organization: string;
  meter: string;
  window: string;
  period: string;
}

export interface Explanation {
  organization: string;
  meter: string;
  start: string;
  end: string;
  timezone: string;
  as_of: string;
  state: string;
  definition: string | null;
  user?: {
    id: string;
    verdict: 'counts' | 'not_known' | 'no_action' | 'status_unmet' | 'not_by_user' | 'erased';
    became?: string;
    status_then?: string;
    part?: Part;
    classes?: { class: string; requires?: string; met: boolean; first?: FirstItem; standing_since?: string }[];
  };
  classes?: { class: string; users: number; billable: boolean; requires?: string; actions: string[]; condition?: string }[];
}

export interface Step {
  what: string;
  state: 'ok' | 'warning' | 'error' | 'skipped';
  text: string;
}

export interface Health {
  status: 'OK' | 'ERROR';
  message: string;
  steps: Step[];
}

interface HealthAnswer {
  status: Health['status'];
  message: string;
  details?: { steps?: Step[] };
}

type Parameters = Record<string, string | number | undefined>;

/** What went wrong, for people: the server's words, which name the remedy. */
export function messageOf(error: unknown): string {
  if (isFetchError(error)) {
    return error.data?.message || error.statusText || `Grafana answers ${error.status}`;
  }
  return error instanceof Error ? error.message : String(error);
}

const isSet = ([, value]: [string, string | number | undefined]) => value !== undefined && value !== '';

export class Usage {
  constructor(readonly uid: string) {}

  /** The address of a resource of the datasource. */
  url(path: string, parameters: Parameters = {}) {
    const query = new URLSearchParams(Object.entries(parameters).filter(isSet).map(([name, value]) => [name, String(value)])).toString();
    return `/api/datasources/uid/${encodeURIComponent(this.uid)}/resources/${path}${query && `?${query}`}`;
  }

  private async ask<T>(method: string, path: string, parameters?: Parameters, data?: unknown): Promise<T> {
    const response = await lastValueFrom(getBackendSrv().fetch<T>({ url: this.url(path, parameters), method, data, showErrorAlert: false, showSuccessAlert: false }));
    return response.data;
  }

  /** Of an answer in the envelope of the usage API. */
  private async data<T>(method: string, path: string, parameters?: Parameters, data?: unknown): Promise<T> {
    return (await this.ask<{ data: T }>(method, path, parameters, data)).data;
  }

  access = () => this.data<Access>('GET', 'access');
  organizations = () => this.data<Organization[]>('GET', 'organizations');
  choices = (organization?: string) => this.ask<Choices>('GET', 'choices', { organization });
  variable = (query: string, from: Date, to: Date) => this.ask<{ text: string; value?: string }[]>('POST', 'variable', {}, { query, from, to });

  report = (q: ReportQuery) => this.ask<Report>('GET', 'report', { ...q, format: 'json' });
  reportURL = (q: ReportQuery, format: Format) => this.url('report', { ...q, format });

  users = (q: UserQuery, limit: number, after?: number) => this.data<{ users: User[]; next: number | null }>('GET', 'users', { ...q, limit, after });
  usersURL = (q: UserQuery) => this.url('users', { ...q, format: 'csv' });
  explain = (q: UserQuery, user?: string) => this.data<Explanation>('GET', 'explain', { ...q, user });

  schedules = () => this.data<Schedule[]>('GET', 'schedules');
  createSchedule = (body: ScheduleBody) => this.data<Schedule>('POST', 'schedules', {}, body);
  changeSchedule = (id: string, body: ScheduleBody) => this.data<Schedule>('PUT', 'schedule', { schedule: id }, body);
  deleteSchedule = (id: string) => this.data<Schedule>('DELETE', 'schedule', { schedule: id });
  deliveries = (id: string) => this.data<Delivery[]>('GET', 'deliveries', { schedule: id });
  testSchedule = (id: string, to?: string) => this.data<Delivery[]>('POST', 'schedule/test', { schedule: id }, to ? { to } : {});
  retrySchedule = (id: string) => this.data<{ deliveries: number }>('POST', 'schedule/retry', { schedule: id }, {});

  /** The check of the whole chain. A chain that is broken is an answer, too. */
  async health(): Promise<Health> {
    const read = (answer: HealthAnswer): Health => ({ status: answer.status, message: answer.message, steps: answer.details?.steps ?? [] });
    try {
      const response = await lastValueFrom(
        getBackendSrv().fetch<HealthAnswer>({ url: `/api/datasources/uid/${encodeURIComponent(this.uid)}/health`, showErrorAlert: false, showSuccessAlert: false })
      );
      return read(response.data);
    } catch (error) {
      if (isFetchError(error) && error.data?.status === 'ERROR') {
        return read(error.data);
      }
      throw error;
    }
  }
}

export const mayChange = (access: Access | undefined, organization: string | undefined) =>
  access !== undefined && (access.writes_all || (organization !== undefined && access.writes.includes(organization)));
export const mayChangeAny = (access: Access | undefined) => access !== undefined && (access.writes_all || access.writes.length > 0);
