// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, line, note, stacked } from '../panels';
import { overTime, own } from '../query';
import { colour, unit } from '../style';

const inState = (state: string) => own('usage_concurrent_users', { meter: '$meter', state });
const handover = own('usage_concurrent_users_handover', { meter: '$meter' });

const shiftChanges = `**Shift changes.** A user who forgets to log off counts on for 30 minutes. When the next shift has logged on meanwhile, both are
connected, and the line has a spike that no licence is needed for.

* *active*: had an action since the last sample. *idle*: still connected without one.
* *hand-over*: the part of the sample that a shift change explains, the smaller of the idle users who were there before and the users whose session is new. Such a spike **can be ignored**.
* The licence is sized by **users in the hour**: distinct users who finished a task in one clock hour. A logon does not count there, so a shift change does not show.

Ask operators to log off at the end of their shift: who logs off stops counting at once.`;

export const connected = (): Row => ({
  title: 'Connected users',
  panels: [
    stacked({
      title: 'Concurrent connected users',
      description: 'Connected users at each sample (every 15 minutes): active and idle add up. Points mark the part that a shift change explains.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 16, '15m',
    { expr: overTime(inState('active')), legend: 'active' },
    { expr: overTime(inState('idle')), legend: 'idle' },
    { expr: `${overTime(handover)} > 0`, legend: 'of which hand-over' })
      .height(12)
      .overrideByName('active', line(colour.blue))
      .overrideByName('idle', line(colour.teal))
      .overrideByName('of which hand-over', line(colour.vermillion, [
        { id: 'custom.drawStyle', value: 'points' },
        { id: 'custom.showPoints', value: 'always' },
        { id: 'custom.pointSize', value: 8 },
        { id: 'custom.stacking', value: { mode: 'none', group: 'B' } },
      ])),
    note('How to read a spike', 8, 12, shiftChanges),
    figure({
      title: 'Connected now',
      description: 'Users connected at the last sample.',
      empty: 'This organization is not counted yet', unit: unit.count,
    }, 8, { expr: `sum(${own('usage_concurrent_users', { meter: '$meter' })})` }),
    figure({
      title: 'Of which idle',
      description: 'Connected without an action since the sample before.',
      empty: 'This organization is not counted yet', unit: unit.count,
    }, 8, { expr: inState('idle') }),
    figure({
      title: 'Without the hand-over',
      description: 'Users connected at the last sample, less the part that a shift change explains.',
      empty: 'This organization is not counted yet', unit: unit.count,
    }, 8, { expr: `sum(${own('usage_concurrent_users', { meter: '$meter' })}) - sum(${handover})` }),
  ],
});
