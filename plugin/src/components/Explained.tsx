// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { Stack, Text } from '@grafana/ui';

import type { Explanation, UserQuery } from '../usage';
import { useAsking } from './context';
import { instant, none } from './format';
import { Loaded, useLoad } from './load';
import { Table } from './table';

export const verdicts: Record<NonNullable<Explanation['user']>['verdict'], string> = {
  counts: 'This user counts.',
  not_known: 'No event of this user was seen.',
  no_action: 'This user has no action in the period that counts.',
  status_unmet: 'This user did something that counts, and does not have the status that it requires.',
  not_by_user: 'This meter is not counted by user.',
  erased: 'The id of this user was erased.',
};

/** What a user has to do with a figure. */
export function Explained({ q, user }: { q: UserQuery; user: string }) {
  const { usage } = useAsking();
  const explanation = useLoad(() => usage.explain(q, user), JSON.stringify([usage.uid, q, user]));
  return (
    <Loaded load={explanation} what="The explanation">
      {(x) => (
        <Stack direction="column" gap={2}>
          <Text variant="h5" element="p">
            {verdicts[x.user?.verdict ?? 'not_by_user']}
          </Text>
          {x.user?.became && <Text element="p">{`An alias made this id one with ${x.user.became}.`}</Text>}
          <Table label="About" head={[{ title: 'About' }, { title: '' }]} rows={facts(x)} />
          {x.user?.classes && (
            <Table
              label="Classes"
              head={[{ title: 'Class' }, { title: 'Met' }, { title: 'Requires' }, { title: 'First action' }, { title: 'At' }]}
              rows={x.user.classes.map((c) => [c.class || none, c.met ? 'yes' : 'no', c.requires ?? none, c.first?.action ?? (c.standing_since ? 'standing' : none), instant(c.first?.time ?? c.standing_since)])}
            />
          )}
        </Stack>
      )}
    </Loaded>
  );
}

function facts(x: Explanation): string[][] {
  const first = x.user?.part?.first;
  const rows: [string, string | undefined][] = [
    ['Period', `${instant(x.start, x.timezone)} to ${instant(x.end, x.timezone)}, ${x.timezone}`],
    ['State', `${x.state}, as of ${instant(x.as_of)}`],
    ['Definition in force', x.definition === null ? 'always' : `since ${x.definition}`],
    ['Status that decides', x.user?.status_then],
    ['Class', x.user?.part?.class],
    ['Counts by', first && [first.action, first.signal && `of ${first.signal}`, instant(first.time)].filter(Boolean).join(', ')],
    ['Item', first?.uid],
    ['Definition of that item', first && (first.definition ?? 'always')],
  ];
  return rows.filter((row): row is [string, string] => Boolean(row[1]));
}
