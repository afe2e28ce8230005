// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { Badge, Button, Drawer, EmptyState, LinkButton, Stack, Text } from '@grafana/ui';
import { useEffect, useState } from 'react';

import { useAsking, useParameters } from '../components/context';
import { Explained } from '../components/Explained';
import { decimal, instant, none, periodTitles } from '../components/format';
import { Loaded, useLoad } from '../components/load';
import { Pick, optionsOf } from '../components/pickers';
import { Table } from '../components/table';
import { messageOf, type Meter, type Part, type User, type UserQuery } from '../usage';

/** How many users one question asks for. */
const page = 100;

export function Users() {
  const { usage } = useAsking();
  const { parameters, set } = useParameters();
  const asked = parameters.get('organization') ?? undefined;
  const everything = useLoad(() => usage.choices(), usage.uid);
  const organization = asked ?? everything.data?.organizations[0]?.name;
  const own = useLoad(() => usage.choices(organization), organization === undefined ? undefined : JSON.stringify([usage.uid, organization]));
  const meters = own.data?.meters ?? [];
  const meter = meters.find(({ name }) => name === parameters.get('meter')) ?? meters.find(({ type }) => type === 'active_users') ?? meters[0];
  const window = meter?.windows.find(({ name }) => name === parameters.get('window')) ?? meter?.windows.find(({ name }) => name === 'month') ?? meter?.windows[0];
  const period = window?.periods.find((name) => name === parameters.get('period')) ?? window?.periods[0];
  const q: UserQuery | undefined = organization !== undefined && meter && window && period ? { organization, meter: meter.name, window: window.name, period } : undefined;
  return (
    <Loaded load={everything} what="What there is">
      {({ organizations }) => (
        <Stack direction="column" gap={3}>
          <Stack wrap="wrap" alignItems="flex-end" gap={2}>
            <Pick label="Organization" options={optionsOf(organizations)} value={organization} onChange={(name) => set({ organization: name })} />
            <Pick label="Meter" options={optionsOf(meters)} value={meter?.name} loading={own.loading} onChange={(name) => set({ meter: name })} />
            <Pick label="Window" width={20} options={optionsOf(meter?.windows ?? [])} value={window?.name} loading={own.loading} onChange={(name) => set({ window: name })} />
            <Pick
              label="Period"
              width={20}
              options={(window?.periods ?? []).map((name) => ({ value: name, label: periodTitles[name] ?? name }))}
              value={period}
              loading={own.loading}
              onChange={(name) => set({ period: name })}
            />
          </Stack>
          {organization === undefined && <EmptyState variant="not-found" message="No organization is yours, or none has figures yet" />}
          <Loaded load={own} what="Its meters">
            {() => (q && meter ? <List key={JSON.stringify(q)} q={q} meter={meter} /> : <EmptyState variant="not-found" message="This organization has no meter with figures yet" />)}
          </Loaded>
        </Stack>
      )}
    </Loaded>
  );
}

function List({ q, meter }: { q: UserQuery; meter: Meter }) {
  const { usage } = useAsking();
  const first = useLoad(() => usage.users(q, page), JSON.stringify([usage.uid, q]));
  const [more, setMore] = useState<User[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const [failure, setFailure] = useState<string>();
  const [explained, setExplained] = useState<User>();
  useEffect(() => {
    setMore([]);
    setNext(first.data?.next ?? null);
  }, [first.data]);
  const load = () => {
    setFailure(undefined);
    usage.users(q, page, next ?? undefined).then(
      (answer) => {
        setMore((before) => [...before, ...answer.users]);
        setNext(answer.next);
      },
      (error) => setFailure(messageOf(error))
    );
  };
  return (
    <>
      <Loaded load={first} what="Users">
        {(answer) => {
          const users = [...answer.users, ...more];
          if (users.length === 0) {
            return <EmptyState variant="not-found" message="Nobody has anything in this period" />;
          }
          return (
            <>
              <Stack alignItems="center" gap={2}>
                <Text color="secondary">{`${decimal(String(users.length))} users${next === null ? '' : ' so far'}, in the order in which they first came`}</Text>
                <LinkButton size="sm" variant="secondary" icon="download-alt" href={usage.usersURL(q)} target="_self" download>
                  CSV
                </LinkButton>
              </Stack>
              <Table label="Users" head={headOf(meter)} rows={users.map((user) => rowOf(user, meter, () => setExplained(user)))} />
              {failure && <Text color="error">{failure}</Text>}
              {next !== null && (
                <Button variant="secondary" onClick={load}>
                  More users
                </Button>
              )}
            </>
          );
        }}
      </Loaded>
      {explained && (
        <Drawer title={explained.id || 'An erased user'} subtitle={`${meter.title}, and what this user has to do with it`} size="md" onClose={() => setExplained(undefined)}>
          <Explained q={q} user={explained.id} />
        </Drawer>
      )}
    </>
  );
}

function headOf(meter: Meter) {
  const own = {
    active_users: [{ title: 'Counts' }, { title: 'Class' }, { title: 'Because of' }, { title: 'At' }, { title: 'Definition of' }],
    concurrent_users: [{ title: 'Hours there', number: true }],
    consumption: [{ title: meter.unit && meter.unit !== '1' ? `Used (${meter.unit})` : 'Used', number: true }],
  }[meter.type];
  return [{ title: 'User' }, { title: '' }, { title: 'Status' }, ...own, { title: 'Last action' }];
}

function rowOf(user: User, meter: Meter, explain: () => void) {
  const part = user.meters.find((of) => of.meter === meter.name);
  return [
    user.id || <Text italic>erased</Text>,
    user.id ? (
      <Button key="explain" size="sm" fill="text" icon="question-circle" aria-label={`Explain ${user.id}`} onClick={explain}>
        Explain
      </Button>
    ) : null,
    user.status ?? (user.standing ? 'standing' : none),
    ...own(part, meter),
    instant(part?.last ?? user.last_activity),
  ];
}

function own(part: Part | undefined, meter: Meter) {
  switch (meter.type) {
    case 'active_users':
      return [
        part?.counts ? <Badge key="counts" color="green" text="counts" /> : <Badge key="counts" color="orange" text="does not count" />,
        part?.class ? `${part.class}${part.billable === false ? ', not billed' : ''}` : none,
        part?.first?.action ?? (part?.standing ? 'standing activity' : none),
        instant(part?.first?.time),
        part?.first ? (part.first.definition ?? 'always') : none,
      ];
    case 'concurrent_users':
      return [part?.hours === undefined ? none : String(part.hours)];
    case 'consumption':
      return [part?.sum === undefined ? none : decimal(String(part.sum))];
  }
}
