// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, line, note, stacked } from '../panels';
import { overTime, own } from '../query';
import { colour, unit } from '../style';

const inState = (state: string) => own('usage_concurrent_users', { meter: '$meter', state });
const net = own('usage_concurrent_users_net', { meter: '$meter' });

/** Net users are of the sample that lies an idle timeout and a settle time back: 30 minutes and one, as the configuration has them at first. */
const netOverTime = `last_over_time(${net}[$__interval] offset -31m)`;

const shiftChanges = `**Shift changes.** A user who forgets to log off counts on for 30 minutes. When the next shift has logged on meanwhile, both are
connected, and the area has a spike that no licence is needed for.

* *active*: had an action since the last sample. *idle*: still connected without one.
* *net*: connected users less the hand-over, which is the smaller number of those who leave and those who have come. Where the area is above the line, the spike **can be ignored**; a peak of the line needs a licence. Who leaves is known only half an hour later.
* The licence is sized by **users in the hour**: distinct users who finished a task in one clock hour. A logon does not count there, so a shift change does not show.

Ask operators to log off at the end of their shift: who logs off stops counting at once.`;

export const connected = (): Row => ({
  title: 'Connected users',
  panels: [
    stacked({
      title: 'Concurrent connected users',
      description: 'Connected users at each sample (every 15 minutes): active and idle add up. The line is what is left without shift changes; it ends half an hour earlier.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 16, '15m',
    { expr: overTime(inState('active')), legend: 'active' },
    { expr: overTime(inState('idle')), legend: 'idle' },
    { expr: netOverTime, legend: 'net of hand-over' })
      .height(12)
      .overrideByName('active', line(colour.blue))
      .overrideByName('idle', line(colour.teal))
      .overrideByName('net of hand-over', line(colour.vermillion, [
        { id: 'custom.fillOpacity', value: 0 },
        { id: 'custom.lineWidth', value: 3 },
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
      title: 'Net of hand-over',
      description: 'Of the latest sample of which it is known who left, half an hour ago: connected users less the part that a shift change explains.',
      empty: 'This organization is not counted yet', unit: unit.count,
    }, 8, { expr: net }),
  ],
});
