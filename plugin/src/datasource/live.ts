// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { StreamingFrameAction, dataFrameToJSON, parseLiveChannelAddress, type DataFrame, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { getGrafanaLiveSrv } from '@grafana/runtime';
import { merge, of, type Observable } from 'rxjs';

import type { UsageQuery } from './types';

/** Where an answer goes on, as the server says it. */
interface Channel {
  path: string;
  data: unknown;
}

const channelOf = (frame: DataFrame): Channel | undefined => frame.meta?.custom?.live;

/**
 * Goes on with an answer as figures come. The server is told again what it is about, which a channel that a frame
 * itself names has no place for.
 */
export function followed(response: DataQueryResponse, request: DataQueryRequest<UsageQuery>, uid: string): Observable<DataQueryResponse> {
  const live = getGrafanaLiveSrv();
  const streams = live ? response.data.filter(channelOf) : [];
  if (streams.length === 0) {
    return of(response);
  }
  const buffer = { action: StreamingFrameAction.Append, maxLength: request.maxDataPoints ?? 1000, maxDelta: request.range.to.valueOf() - request.range.from.valueOf() };
  const rest = response.data.filter((frame) => !channelOf(frame));
  return merge(
    ...(rest.length > 0 || response.errors?.length ? [of({ ...response, data: rest })] : []),
    ...streams.map((frame) => {
      const { path, data } = channelOf(frame)!;
      return live.getDataStream({ addr: { ...parseLiveChannelAddress(`ds/${uid}/${path}`)!, data }, frame: dataFrameToJSON(frame), buffer });
    })
  );
}
