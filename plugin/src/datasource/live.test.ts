// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { FieldType, toDataFrame, type DataFrame, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { setGrafanaLiveSrv, type GrafanaLiveSrv, type LiveDataStreamOptions } from '@grafana/runtime';
import { lastValueFrom, of, toArray } from 'rxjs';

import { followed } from './live';
import type { UsageQuery } from './types';

const channel = { path: 'live/abc', data: { expr: 'a', step: 60 } };
const frame = (refId: string, custom?: object): DataFrame => ({ ...toDataFrame({ refId, fields: [{ name: 'Time', type: FieldType.time, values: [1] }] }), meta: custom ? { custom } : undefined });
const request = { maxDataPoints: 300, rangeRaw: { from: 'now-1h', to: 'now' }, range: { from: { valueOf: () => 0 }, to: { valueOf: () => 3_600_000 } } } as unknown as DataQueryRequest<UsageQuery>;
const all = (response: DataQueryResponse) => lastValueFrom(followed(response, request, 'usage').pipe(toArray()));

let asked: LiveDataStreamOptions[];
beforeEach(() => {
  asked = [];
  setGrafanaLiveSrv({
    getDataStream: (options: LiveDataStreamOptions) => {
      asked.push(options);
      return of({ data: [], key: 'stream' });
    },
  } as unknown as GrafanaLiveSrv);
});

test('an answer goes on where the server says, and is the first part of it', async () => {
  const answers = await all({ data: [frame('A', { live: channel }), frame('B')] });
  expect(asked).toHaveLength(1);
  expect(asked[0].addr).toEqual({ scope: 'ds', namespace: 'usage', path: 'live/abc', data: channel.data });
  expect(asked[0].frame?.data?.values).toEqual([[1]]);
  expect(asked[0].buffer).toEqual({ maxLength: 300, action: 'append', maxDelta: 3_600_000 });
  expect(answers.map((answer) => answer.data.map(({ refId }: DataFrame) => refId))).toEqual([['B'], []]);
});

test('an error is shown beside what goes on', async () => {
  const answers = await all({ data: [frame('A', { live: channel })], errors: [{ refId: 'B', message: 'no' }] });
  expect(answers[0]).toEqual({ data: [], errors: [{ refId: 'B', message: 'no' }] });
});

test('what does not go on is as it was, and so is all without Grafana Live', async () => {
  const response = { data: [frame('A', { resultType: 'matrix' })] };
  expect(await all(response)).toEqual([response]);
  setGrafanaLiveSrv(undefined as unknown as GrafanaLiveSrv);
  const live = { data: [frame('A', { live: channel })] };
  expect(await all(live)).toEqual([live]);
});
