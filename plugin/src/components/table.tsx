// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';

export interface Head {
  title: string;
  number?: boolean;
}

interface Props {
  label: string;
  head: Head[];
  rows: ReactNode[][];
  totals?: ReactNode[][];
}

/** A plain table that scrolls sideways by itself, also by the keyboard. What a row is about, its first cell, stays. */
export function Table({ label, head, rows, totals = [] }: Props) {
  const styles = useStyles2(stylesOf);
  const cells = (row: ReactNode[]) => row.map((value, i) => <td key={i} className={head[i].number ? styles.number : undefined}>{i === 0 ? <div className={styles.first}>{value}</div> : value}</td>);
  return (
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            {head.map(({ title, number }, i) => (
              <th key={i} scope="col" className={number ? styles.number : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>{cells(row)}</tr>
          ))}
        </tbody>
        {totals.length > 0 && (
          <tfoot>
            {totals.map((row, i) => (
              <tr key={i}>{cells(row)}</tr>
            ))}
          </tfoot>
        )}
      </table>
    </div>
  );
}

const stylesOf = (theme: GrafanaTheme2) => ({
  scroll: css({ overflowX: 'auto', marginBottom: theme.spacing(2), '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}` } }),
  table: css({
    borderCollapse: 'collapse',
    minWidth: '100%',
    fontVariantNumeric: 'tabular-nums',
    'th, td': { whiteSpace: 'nowrap', padding: theme.spacing(0.75, 1.5), textAlign: 'left', borderBottom: `1px solid ${theme.colors.border.weak}`, verticalAlign: 'top' },
    th: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightMedium },
    'th:first-child, td:first-child': { position: 'sticky', left: 0, background: theme.colors.background.primary },
    'tfoot td': { fontWeight: theme.typography.fontWeightMedium, borderTop: `2px solid ${theme.colors.border.medium}` },
  }),
  // Neither a long id nor a long name leaves no room for what else there is.
  first: css({ width: 'max-content', maxWidth: '45vw', whiteSpace: 'normal', overflowWrap: 'anywhere' }),
  number: css({ '&&': { textAlign: 'right', whiteSpace: 'nowrap' } }),
});
