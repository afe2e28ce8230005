// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { TextArea, useStyles2 } from '@grafana/ui';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';

import { accept, fitting, placeAt, questionOf, type Place } from './suggest';

interface Props {
  value: string;
  onChange: (expr: string) => void;
  onRun: () => void;
  /** Answers the query of a variable. */
  ask: (question: string) => Promise<string[]>;
}

/** PromQL as text, with suggestions below: arrows choose, Enter or Tab takes, Escape leaves them. Shift and Enter runs. */
export function Expression({ value, onChange, onRun, ask }: Props) {
  const styles = useStyles2(stylesOf);
  const list = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(value);
  const [place, setPlace] = useState<Place>();
  const [found, setFound] = useState<string[]>([]);
  const [chosen, setChosen] = useState(-1);
  const asked = useRef('');
  useEffect(() => setText(value), [value]);

  const look = (now: string, caret: number) => {
    const at = placeAt(now, caret);
    setPlace(at);
    setFound([]);
    setChosen(-1);
    if (!at) {
      return;
    }
    const question = questionOf(at);
    asked.current = question + at.prefix;
    ask(question).then(
      (all) => asked.current === question + at.prefix && setFound(fitting(all, at.prefix)),
      () => setFound([]) // the query itself will say what is wrong
    );
  };
  const take = (suggestion: string) => {
    const now = accept(text, area.current?.selectionStart ?? text.length, place!, suggestion);
    setText(now.text);
    onChange(now.text);
    setFound([]);
    requestAnimationFrame(() => area.current?.setSelectionRange(now.caret, now.caret));
    area.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && event.shiftKey) {
      event.preventDefault();
      onChange(text);
      onRun();
    } else if (found.length > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen((chosen + step + found.length) % found.length);
    } else if (found.length > 0 && chosen >= 0 && (event.key === 'Enter' || event.key === 'Tab')) {
      event.preventDefault();
      take(found[chosen]);
    } else if (event.key === 'Escape' && found.length > 0) {
      event.stopPropagation();
      setFound([]);
    }
  };
  return (
    <div className={styles.whole}>
      <TextArea
        ref={area}
        aria-label="PromQL"
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={chosen >= 0 ? `${list}-${chosen}` : undefined}
        className={styles.text}
        rows={Math.min(8, Math.max(1, text.split('\n').length))}
        spellCheck={false}
        placeholder='usage_active_users{organization="acme", window="month", period="current"}'
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          look(event.currentTarget.value, event.currentTarget.selectionStart);
        }}
        onKeyDown={key}
        onBlur={() => {
          setFound([]);
          if (text !== value) {
            onChange(text);
          }
        }}
      />
      {found.length > 0 && (
        <ul id={list} role="listbox" aria-label="Suggestions" className={styles.list}>
          {found.map((suggestion, i) => (
            // Before the text loses the focus, which would end the list.
            <li key={suggestion} id={`${list}-${i}`} role="option" aria-selected={i === chosen} className={cx(styles.option, i === chosen && styles.chosen)} onMouseDown={(event) => { event.preventDefault(); take(suggestion); }}>
              {suggestion}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const stylesOf = (theme: GrafanaTheme2) => ({
  whole: css({ position: 'relative', width: '100%' }),
  text: css({ fontFamily: theme.typography.fontFamilyMonospace }),
  list: css({
    position: 'absolute', zIndex: theme.zIndex.dropdown, listStyle: 'none', margin: 0, minWidth: 300,
    background: theme.colors.background.elevated ?? theme.colors.background.primary, border: `1px solid ${theme.colors.border.medium}`, boxShadow: theme.shadows.z3,
  }),
  option: css({ padding: theme.spacing(0.5, 1), cursor: 'pointer', fontFamily: theme.typography.fontFamilyMonospace, '&:hover': { background: theme.colors.action.hover } }),
  chosen: css({ background: theme.colors.action.selected }),
});
