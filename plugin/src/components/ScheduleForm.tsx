// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { Alert, Button, Checkbox, Field, Input, Stack, Switch, TextArea } from '@grafana/ui';
import { useState, type FormEvent } from 'react';

import { formatTitles, formatsOf, kinds, messageOf, type Kind, type Schedule, type ScheduleBody } from '../usage';
import { useAsking } from './context';
import { useLoad } from './load';
import { Pick } from './pickers';

const cadences = [
  { value: 'daily', label: 'Every day' },
  { value: 'weekly', label: 'Every week' },
  { value: 'monthly', label: 'Every month' },
  { value: 'quarterly', label: 'Every quarter' },
];

const everybody = '*';
const fresh: ScheduleBody = { name: '', report: 'usage-summary', formats: ['pdf'], recipients: [], cadence: 'monthly', enabled: true };

/** The keys of a schedule that a form may change; the others, which the server has set, are left out. */
const bodyOf = ({ name, report, organization, reseller, formats, recipients, cadence, window, day, time, timezone, provisional, enabled }: Schedule): ScheduleBody => ({
  name, report, organization, reseller, formats, recipients, cadence, window, day, time, timezone, provisional, enabled,
});

export const recipientsOf = (text: string) => text.split(/[\n,;]/).map((line) => line.trim()).filter(Boolean);

export function ScheduleForm({ schedule, onDone }: { schedule?: Schedule; onDone: () => void }) {
  const { usage, access } = useAsking();
  const organizations = useLoad(usage.organizations, usage.uid);
  const [body, setBody] = useState<ScheduleBody>(schedule ? bodyOf(schedule) : fresh);
  const [recipients, setRecipients] = useState((schedule?.recipients ?? []).join('\n'));
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const set = (changed: Partial<ScheduleBody>) => setBody((before) => ({ ...before, ...changed }));
  const own = (organizations.data ?? []).filter(({ id }) => access.writes_all || access.writes.includes(id));
  const toggle = (format: string) => set({ formats: body.formats.includes(format) ? body.formats.filter((f) => f !== format) : [...body.formats, format] });
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    const complete = { ...body, recipients: recipientsOf(recipients) };
    try {
      await (schedule ? usage.changeSchedule(schedule.id, complete) : usage.createSchedule(complete));
      onDone();
    } catch (error) {
      setFailure(messageOf(error));
      setBusy(false);
    }
  };
  return (
    <form onSubmit={save}>
      <Stack direction="column" gap={2}>
        <Field label="Name" noMargin>
          <Input id="schedule-name" value={body.name} required maxLength={100} onChange={(event) => set({ name: event.currentTarget.value })} />
        </Field>
        <Pick label="Report" options={[...kinds]} value={body.report} onChange={(report) => set({ report: report as Kind, formats: body.formats.filter((f) => formatsOf(report as Kind).some((of) => of === f)) })} />
        <Pick
          label="About"
          loading={organizations.loading}
          options={[
            ...(access.writes_all ? [{ value: everybody, label: 'All organizations' }] : []),
            ...own.map(({ id, name }) => ({ value: id, label: name || id, description: name && name !== id ? id : undefined })),
          ]}
          value={body.organization ?? (body.reseller ? undefined : access.writes_all ? everybody : undefined)}
          placeholder={body.reseller ? `reseller ${body.reseller}` : 'Choose an organization'}
          onChange={(id) => set({ organization: id === everybody ? undefined : id, reseller: undefined })}
        />
        <Field label="Formats" noMargin>
          <Stack wrap="wrap" gap={2}>
            {formatsOf(body.report).map((format) => (
              <Checkbox key={format} label={formatTitles[format]} value={body.formats.includes(format)} onChange={() => toggle(format)} />
            ))}
          </Stack>
        </Field>
        <Field label="Recipients" description="E-mail addresses, addresses of webhooks, or directory: one a line" noMargin>
          <TextArea id="schedule-recipients" rows={3} value={recipients} required onChange={(event) => setRecipients(event.currentTarget.value)} />
        </Field>
        <Pick label="Sent" typed options={cadences} value={body.cadence} placeholder="or cron:0 6 * * 1" onChange={(cadence) => set({ cadence })} />
        <Stack gap={2}>
          <Field label="Time of the day" description="06:00 by default" noMargin>
            <Input id="schedule-time" width={12} value={body.time ?? ''} placeholder="06:00" pattern="[0-2][0-9]:[0-5][0-9]" onChange={(event) => set({ time: event.currentTarget.value || undefined })} />
          </Field>
          <Field label="Time zone" description="The organization's by default" noMargin>
            <Input id="schedule-zone" width={24} value={body.timezone ?? ''} placeholder="Europe/Berlin" onChange={(event) => set({ timezone: event.currentTarget.value || undefined })} />
          </Field>
        </Stack>
        <Field label="Switched on" noMargin>
          <Switch id="schedule-enabled" value={body.enabled ?? true} onChange={(event) => set({ enabled: event.currentTarget.checked })} />
        </Field>
        {failure && <Alert severity="error" title="It is not saved">{failure}</Alert>}
        <div>
          <Button type="submit" disabled={busy || body.formats.length === 0}>
            {busy ? 'Saving…' : 'Save'}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
