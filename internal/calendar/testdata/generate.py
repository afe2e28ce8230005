#!/usr/bin/env python3
# Copyright The otelcol-usage Authors
# SPDX-License-Identifier: Apache-2.0
"""Writes periods.json: periods by Python's zoneinfo, found minute by minute.

An independent reference for the package: it shares no code, language or method
with it. Instants later than 2022 are taken only of zones whose rules have long
been stable, so that the file holds for every recent version of tzdata.

    python3 generate.py > periods.json
"""
import calendar
import json
import random
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

STABLE = """UTC Europe/Berlin Europe/London America/New_York America/Los_Angeles
Asia/Kolkata Asia/Kathmandu Asia/Tokyo Australia/Sydney Australia/Lord_Howe
Australia/Adelaide Pacific/Auckland Pacific/Chatham America/Phoenix""".split()
OTHERS = """Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Khartoum
America/Argentina/Buenos_Aires America/Asuncion America/Bogota America/Caracas
America/Chicago America/Godthab America/Halifax America/Havana
America/Mexico_City America/Santiago America/Sao_Paulo America/St_Johns
Antarctica/Casey Antarctica/Troll Asia/Amman Asia/Beirut Asia/Dhaka
Asia/Gaza Asia/Hong_Kong Asia/Jerusalem Asia/Karachi Asia/Novosibirsk
Asia/Pyongyang Asia/Shanghai Asia/Tehran Asia/Yangon Atlantic/Azores
Europe/Dublin Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/Moscow
Pacific/Apia Pacific/Easter Pacific/Fakaofo Pacific/Fiji Pacific/Kiritimati
Pacific/Kwajalein Pacific/Marquesas Pacific/Norfolk Pacific/Tongatapu""".split()
# Instants at which something odd happens, by zone.
ODD = {
    "Pacific/Apia": ["2011-12-29T12:00", "2011-12-30T09:59", "2011-12-30T10:00", "2011-12-31T12:00"],
    "Pacific/Fakaofo": ["2011-12-30T09:59", "2011-12-30T10:01"],
    "Pacific/Kwajalein": ["1993-08-21T11:59", "1993-08-21T12:00"],
    "Pacific/Kiritimati": ["1994-12-31T09:59", "1994-12-31T10:00"],
    "America/Sao_Paulo": ["2018-11-04T02:59", "2018-11-04T03:00", "2018-02-18T01:30", "2018-02-18T02:30", "2018-02-18T03:00"],
    "Africa/Cairo": ["2014-07-31T22:30", "2014-08-01T00:30", "2010-04-29T22:00"],
    "Asia/Beirut": ["2021-03-27T21:59", "2021-03-27T22:00", "2021-10-30T20:30", "2021-10-30T21:30"],
    "America/St_Johns": ["2009-11-01T02:30", "2009-11-01T02:31", "2009-11-01T03:00", "2009-11-01T03:30", "2009-03-08T03:31"],
    "America/Havana": ["2019-03-10T04:59", "2019-03-10T05:00", "2019-11-03T05:30"],
    "America/Asuncion": ["2020-10-04T03:59", "2020-10-04T04:00"],
    "Australia/Lord_Howe": ["2026-04-04T14:40", "2026-04-04T15:00", "2026-04-04T15:29", "2026-04-04T15:30", "2026-10-03T15:29", "2026-10-03T15:30", "2026-10-03T16:00"],
    "Antarctica/Troll": ["2021-03-28T00:59", "2021-03-28T01:00", "2021-10-31T00:30", "2021-10-31T02:30"],
    "America/New_York": ["2026-11-01T05:30", "2026-11-01T06:30", "2026-03-08T06:59", "2026-03-08T07:00"],
    "Asia/Pyongyang": ["2015-08-14T15:10", "2018-05-04T14:59", "2018-05-04T15:00", "2018-05-04T15:30"],
    "America/Caracas": ["2007-12-09T07:15", "2016-05-01T07:10"],
    "Europe/Lisbon": ["1992-09-27T00:30", "1996-10-27T00:30"],
    "Asia/Gaza": ["2011-08-01T10:00", "2015-03-27T22:30"],
}
MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def local(zone, t):
    return t.astimezone(zone).replace(tzinfo=None)


def start_of(zone, d):
    """First instant at which the wall clock shows date d or a later one."""
    midnight = datetime(d.year, d.month, d.day)
    t = midnight.replace(tzinfo=timezone.utc) - timedelta(hours=15)
    while local(zone, t) < midnight:
        t += MINUTE
    return t


def month_start(y, m):
    return date(y + (m - 1) // 12, (m - 1) % 12 + 1, 1)


def cycle_start(y, m, anchor):
    first = month_start(y, m)
    last = calendar.monthrange(first.year, first.month)[1]
    return first.replace(day=min(anchor, last))


def starts(kind, y, anchor):
    """The civil dates at which periods of a kind begin, for some years around y."""
    if kind in ("day", "week"):
        d = date(y - 1, 1, 1)
        while d < date(y + 2, 1, 1):
            if kind == "day" or d.isoweekday() == 1:
                yield d
            d += timedelta(days=1)
        return
    step = {"month": 1, "cycle": 1, "quarter": 3, "half": 6, "year": 12}[kind]
    for m in range(-11, 37, step):
        yield cycle_start(y, m, anchor) if kind == "cycle" else month_start(y, m)


def period(zone, kind, anchor, t):
    if kind == "hour":
        def floor(t):
            off = t.astimezone(zone).utcoffset()
            s = (t - EPOCH + off) // timedelta(hours=1) * timedelta(hours=1)
            return EPOCH + s - off
        start, end = t, t + MINUTE
        while floor(start - MINUTE) == floor(t):
            start -= MINUTE
        while floor(end) == floor(t):
            end += MINUTE
        return start, end
    day = local(zone, t).date()
    dates = list(starts(kind, day.year, anchor))
    i = max(i for i, d in enumerate(dates) if d <= day)
    while start_of(zone, dates[i + 1]) <= t:
        i += 1
    return start_of(zone, dates[i]), start_of(zone, dates[i + 1])


def main():
    rng = random.Random(2)
    cases = []
    for name in STABLE + OTHERS:
        zone = ZoneInfo(name)
        until = 2037 if name in STABLE else 2022
        instants = [datetime.fromisoformat(s).replace(tzinfo=timezone.utc) for s in ODD.get(name, [])]
        for _ in range(6):
            instants.append(datetime(rng.randint(1990, until), rng.randint(1, 12), rng.randint(1, 28), tzinfo=timezone.utc)
                            + timedelta(minutes=rng.randint(0, 1439)))
        for t in instants:
            anchor = rng.choice([1, 15, 28, 29, 30, 31])
            case = {"zone": name, "anchor": anchor, "at": int(t.timestamp())}
            for kind in "hour day week month quarter half year cycle".split():
                s, e = period(zone, kind, anchor, t)
                case[kind] = [int(s.timestamp()), int(e.timestamp())]
            cases.append(case)
    print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")


main()
