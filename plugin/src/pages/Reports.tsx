// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { Alert, Button, Card, EmptyState, LinkButton, Stack, Text } from '@grafana/ui';
import { useState } from 'react';

import { useAsking, useParameters } from '../components/context';
import { cell, isNumber } from '../components/format';
import { Loaded, useLoad } from '../components/load';
import { Pick, type Option } from '../components/pickers';
import { Table } from '../components/table';
import { formatTitles, formatsOf, kinds, type Kind, type Report, type ReportQuery } from '../usage';

const everybody = '*';

/** The last months and years by name: what else there is can be typed. */
export function periodsAt(now: Date): Option[] {
  const month = (back: number) => new Date(now.getFullYear(), now.getMonth() - back, 1);
  const named = (date: Date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`;
  return [
    { value: 'previous', label: 'Last month', description: named(month(1)) },
    { value: 'current', label: 'This month', description: named(month(0)) },
    ...Array.from({ length: 12 }, (_, i) => named(month(i + 2))).map((name) => ({ value: name, label: name })),
    { value: String(now.getFullYear()), label: String(now.getFullYear()) },
    { value: String(now.getFullYear() - 1), label: String(now.getFullYear() - 1) },
  ];
}


export function Reports() {
  const { usage } = useAsking();
  const { parameters, set } = useParameters();
  const organizations = useLoad(usage.organizations, usage.uid);
  const q: ReportQuery = {
    kind: (kinds.find(({ value }) => value === parameters.get('kind')) ?? kinds[0]).value,
    organization: parameters.get('organization') || undefined,
    period: parameters.get('period') || 'previous',
    window: parameters.get('window') || undefined,
    basis: parameters.get('basis') || undefined,
  };
  return (
    <Stack direction="column" gap={3}>
      <Stack wrap="wrap" alignItems="flex-end" gap={2}>
        <Pick label="Kind" options={[...kinds]} value={q.kind} onChange={(kind) => set({ kind })} />
        <Pick
          label="Organization"
          options={[{ value: everybody, label: 'All that are yours' }, ...(organizations.data ?? []).map(({ id, name }) => ({ value: id, label: name || id, description: name && name !== id ? id : undefined }))]}
          value={q.organization ?? everybody}
          loading={organizations.loading}
          onChange={(id) => set({ organization: id === everybody ? undefined : id })}
        />
        <Pick label="Period" typed options={periodsAt(new Date())} value={q.period} placeholder="2026-10, 2026-Q3, 2026" onChange={(period) => set({ period })} />
        <Pick
          label="Of bills"
          width={24}
          options={[
            { value: 'known', label: 'As known now' },
            { value: 'billed', label: 'As first billed' },
          ]}
          value={q.basis ?? 'known'}
          onChange={(basis) => set({ basis: basis === 'known' ? undefined : basis })}
        />
      </Stack>
      {organizations.error && <Alert severity="warning" title="Organizations cannot be listed">{organizations.error}</Alert>}
      <Preview q={q} />
    </Stack>
  );
}

function Preview({ q }: { q: ReportQuery }) {
  const { usage } = useAsking();
  const report = useLoad(() => usage.report(q), JSON.stringify([usage.uid, q]));
  return (
    <Loaded load={report} what="The report">
      {(r) => (
        <>
          <Downloads q={q} />
          <Shown report={r} />
        </>
      )}
    </Loaded>
  );
}

function Downloads({ q }: { q: ReportQuery }) {
  const { usage } = useAsking();
  return (
    <Stack wrap="wrap" alignItems="center" gap={1}>
      <Text color="secondary">Download as</Text>
      {formatsOf(q.kind as Kind).map((format) => (
        // The browser loads it by itself, so that a large one is not held in the page.
        <LinkButton key={format} size="sm" variant="secondary" icon="download-alt" href={usage.reportURL(q, format)} target="_self" download>
          {formatTitles[format]}
        </LinkButton>
      ))}
    </Stack>
  );
}

/** How many rows of a table are shown before somebody asks for all. */
const few = 50;

export function Shown({ report }: { report: Report }) {
  const sections = report.sections.filter(({ rows }) => rows.length > 0);
  return (
    <Stack direction="column" gap={2}>
      <Card noMargin>
        <Card.Heading>{`${report.title}: ${report.subject}`}</Card.Heading>
        <Card.Meta>{[report.period.title, report.period.zone ?? 'each in its own time zone', report.period.running ? 'still running' : 'ended', report.basis === 'billed' ? 'as first billed' : 'as known now']}</Card.Meta>
      </Card>
      {report.notes.length > 0 && (
        <Alert severity="info" title="To know about these figures">
          <ul style={{ paddingLeft: 16 }}>
            {report.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Alert>
      )}
      {sections.length === 0 && <EmptyState variant="not-found" message="There is nothing in this period" />}
      {sections.map((section) => (
        <Section key={section.name} section={section} />
      ))}
    </Stack>
  );
}

function Section({ section }: { section: Report['sections'][number] }) {
  const [all, setAll] = useState(false);
  const { title, note, columns, rows, totals } = section;
  const shown = all ? rows : rows.slice(0, few);
  return (
    <section>
      <Text element="h3" variant="h4">
        {title}
      </Text>
      {note && (
        <Text element="p" color="secondary">
          {note}
        </Text>
      )}
      <Table
        label={title}
        head={columns.map((column) => ({ title: column.title, number: isNumber(column) }))}
        rows={shown.map((row) => columns.map((column) => cell(row, column)))}
        totals={totals.map((row) => columns.map((column) => (row[column.name] === null || row[column.name] === undefined ? '' : cell(row, column))))}
      />
      {shown.length < rows.length && (
        <Button size="sm" variant="secondary" fill="outline" onClick={() => setAll(true)}>
          {`Show all ${rows.length} rows`}
        </Button>
      )}
    </section>
  );
}
