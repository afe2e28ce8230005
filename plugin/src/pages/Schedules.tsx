// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { Alert, Badge, Button, ConfirmModal, Drawer, EmptyState, Field, Input, Stack, Text } from '@grafana/ui';
import { useState } from 'react';

import { useAsking } from '../components/context';
import { instant, none } from '../components/format';
import { Loaded, useLoad } from '../components/load';
import { ScheduleForm } from '../components/ScheduleForm';
import { Table } from '../components/table';
import { kinds, mayChange, mayChangeAny, messageOf, type Delivery, type Schedule } from '../usage';

const kindTitle = (schedule: Schedule) => kinds.find(({ value }) => value === schedule.report)?.label ?? schedule.report;
const aboutWhom = ({ organization, reseller }: Schedule) => organization ?? (reseller ? `reseller ${reseller}` : 'all organizations');

export function Schedules() {
  const { usage, access } = useAsking();
  const schedules = useLoad(usage.schedules, usage.uid);
  const [edited, setEdited] = useState<Schedule | 'new'>();
  const [looked, setLooked] = useState<Schedule>();
  const done = () => {
    setEdited(undefined);
    schedules.again();
  };
  return (
    <Stack direction="column" gap={2}>
      {mayChangeAny(access) ? (
        <div>
          <Button icon="plus" onClick={() => setEdited('new')}>
            New schedule
          </Button>
        </div>
      ) : (
        <Text color="secondary" element="p">
          You may look at schedules. Who has the role admin in the catalogue makes and changes them.
        </Text>
      )}
      <Loaded load={schedules} what="Schedules">
        {(list) =>
          list.length === 0 ? (
            <EmptyState variant="call-to-action" message="No report is sent by a schedule yet" />
          ) : (
            <Table
              label="Schedules"
              head={[{ title: 'Name' }, { title: 'Report' }, { title: 'About' }, { title: 'To' }, { title: 'Sent' }, { title: 'Next' }, { title: 'State' }, { title: '' }]}
              rows={list.map((s) => [
                s.name,
                kindTitle(s),
                aboutWhom(s),
                s.recipients.join(', '),
                s.cadence,
                s.problem ?? (s.next ? `${instant(s.next)}, about ${s.next_period?.name ?? none}` : none),
                <State key="state" schedule={s} />,
                <Stack key="do" gap={0}>
                  <Button size="sm" fill="text" icon="history" aria-label={`History of ${s.name}`} onClick={() => setLooked(s)}>
                    History
                  </Button>
                  {mayChange(access, s.organization) && (
                    <Button size="sm" fill="text" icon="pen" aria-label={`Change ${s.name}`} onClick={() => setEdited(s)}>
                      Change
                    </Button>
                  )}
                </Stack>,
              ])}
            />
          )
        }
      </Loaded>
      {edited && (
        <Drawer title={edited === 'new' ? 'New schedule' : edited.name} size="md" onClose={() => setEdited(undefined)}>
          <ScheduleForm schedule={edited === 'new' ? undefined : edited} onDone={done} />
          {edited !== 'new' && <Delete schedule={edited} onDone={done} />}
        </Drawer>
      )}
      {looked && (
        <Drawer title={looked.name} subtitle="What became of its deliveries" size="lg" onClose={() => setLooked(undefined)}>
          <History schedule={looked} onChange={schedules.again} />
        </Drawer>
      )}
    </Stack>
  );
}

function State({ schedule }: { schedule: Schedule }) {
  if (!schedule.enabled) {
    return <Badge color="darkgrey" text="switched off" />;
  }
  if (schedule.failed > 0) {
    return <Badge color="red" icon="exclamation-triangle" text={`${schedule.failed} failed`} />;
  }
  return schedule.due > 0 ? <Badge color="orange" text={`${schedule.due} due`} /> : <Badge color="green" icon="check" text={schedule.last_delivered ? `delivered ${instant(schedule.last_delivered)}` : 'waiting'} />;
}

const colours = { due: 'orange', delivered: 'green', failed: 'red', cancelled: 'darkgrey' } as const;

export function History({ schedule, onChange }: { schedule: Schedule; onChange: () => void }) {
  const { usage, access } = useAsking();
  const deliveries = useLoad(() => usage.deliveries(schedule.id), JSON.stringify([usage.uid, schedule.id]));
  const [to, setTo] = useState('');
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ severity: 'success' | 'error'; text: string }>();
  const run = async (what: () => Promise<string>) => {
    setBusy(true);
    setSaid(undefined);
    try {
      setSaid({ severity: 'success', text: await what() });
    } catch (error) {
      setSaid({ severity: 'error', text: messageOf(error) });
    }
    setBusy(false);
    deliveries.again();
    onChange();
  };
  const test = () =>
    run(async () => {
      const sent = await usage.testSchedule(schedule.id, to || undefined);
      const failed = sent.filter(({ state }) => state !== 'delivered');
      if (failed.length > 0) {
        throw new Error(failed.map((d) => `${d.recipient}: ${d.error ?? d.state}`).join('; '));
      }
      return `A test went to ${sent.map(({ recipient }) => recipient).join(', ')}.`;
    });
  const retry = () => run(async () => `${(await usage.retrySchedule(schedule.id)).deliveries} are tried again.`);
  return (
    <Stack direction="column" gap={2}>
      {mayChange(access, schedule.organization) && (
        <Stack alignItems="flex-end" wrap="wrap" gap={1}>
          <Field label="Send a test to" noMargin>
            <Input width={36} value={to} placeholder="all its recipients" onChange={(event) => setTo(event.currentTarget.value)} />
          </Field>
          <Button icon="message" variant="secondary" disabled={busy} onClick={test}>
            {busy ? 'Sending…' : 'Send now'}
          </Button>
          {schedule.failed > 0 && (
            <Button icon="sync" variant="secondary" disabled={busy} onClick={retry}>
              Try failed ones again
            </Button>
          )}
        </Stack>
      )}
      {said && <Alert severity={said.severity} title={said.severity === 'success' ? 'Done' : 'It did not arrive'}>{said.text}</Alert>}
      <Loaded load={deliveries} what="Deliveries">
        {(list) => (list.length === 0 ? <EmptyState variant="not-found" message="Nothing was delivered yet" /> : <Table label="Deliveries" head={deliveryHead} rows={list.map(deliveryRow)} />)}
      </Loaded>
    </Stack>
  );
}

const deliveryHead = [{ title: 'About' }, { title: 'To' }, { title: 'State' }, { title: 'Tries', number: true }, { title: 'Sent' }, { title: 'Error' }];

const deliveryRow = (d: Delivery) => [
  `${d.period.name}${d.test ? ' (test)' : ''}`,
  d.recipient,
  <Badge key="state" color={colours[d.state]} text={d.state} />,
  String(d.attempts),
  instant(d.sent),
  d.error ?? none,
];

function Delete({ schedule, onDone }: { schedule: Schedule; onDone: () => void }) {
  const { usage } = useAsking();
  const [asked, setAsked] = useState(false);
  const [failure, setFailure] = useState<string>();
  const remove = () => usage.deleteSchedule(schedule.id).then(onDone, (error) => setFailure(messageOf(error)));
  return (
    <Stack direction="column" gap={1}>
      {failure && <Alert severity="error" title="It is not deleted">{failure}</Alert>}
      <div>
        <Button variant="destructive" fill="outline" icon="trash-alt" onClick={() => setAsked(true)}>
          Delete
        </Button>
      </div>
      <ConfirmModal
        isOpen={asked}
        title={`Delete ${schedule.name}?`}
        body="Its history goes with it. Nothing more is sent."
        confirmText="Delete"
        onConfirm={() => {
          setAsked(false);
          remove();
        }}
        onDismiss={() => setAsked(false)}
      />
    </Stack>
  );
}
