"""Schedules in the Cron format, as Kubernetes reads them: five fields with names, ranges,
lists and steps, or a word such as "@daily" or "@every 1h30m".

The rules and the texts of errors are those of the parser that Kubernetes uses (standard
format of github.com/robfig/cron v3): Sunday is 0 and never 7, "?" is "*", and where both
the day of the month and that of the week are restricted either is enough.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

_HORIZON = timedelta(days=5 * 366)
"""A schedule that has nothing within five years has nothing."""

_WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366))


class Schedule(Protocol):
    """When something is due."""

    def next(self, after: datetime) -> datetime | None:
        """The first moment later than `after`, in UTC; None where there is none."""
        ...

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The last moment later than `after` and not later than `until`."""
        ...


class _Field(NamedTuple):
    low: int
    high: int
    names: Mapping[str, int] = {}


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS = (
    _Field(0, 59),
    _Field(0, 23),
    _Field(1, 31),
    _Field(1, 12, {name: at for at, name in enumerate(_MONTHS, 1)}),
    _Field(0, 6, {name: at for at, name in enumerate(_DAYS)}),
)
_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = "@every "
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_DURATION = re.compile(rf"[+-]?(?:{_PART.pattern})+")


def parse(text: str, zone: tzinfo = UTC) -> Schedule:
    """The schedule of a text, in a zone. Raises ValueError with Kubernetes' message."""
    if not text:
        raise ValueError("empty spec string")
    if text.startswith(("TZ=", "CRON_TZ=")):
        name, _, text = text.partition("=")[2].partition(" ")
        zone = _zone(name)
        text = text.strip()
    if text.startswith(_EVERY):
        return _every(text.removeprefix(_EVERY))
    if text.startswith("@"):
        if text not in _WORDS:
            raise ValueError(f"unrecognized descriptor: {text}")
        text = _WORDS[text]
    fields = text.split()
    if len(fields) != len(_FIELDS):
        listed = f"[{' '.join(fields)}]"
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}: {listed}")
    return Cron(zone, *(_field(word, rule) for word, rule in zip(fields, _FIELDS, strict=True)))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"provided bad location {name}: unknown time zone {name}") from None


def _every(text: str) -> Schedule:
    if not _DURATION.fullmatch(text):
        why = f'time: invalid duration "{text}"'
        raise ValueError(f"failed to parse duration {_EVERY}{text}: {why}")
    seconds = sum(float(each[1]) * _UNITS[each[2]] for each in _PART.finditer(text))
    return Every(max(math.floor(-seconds if text.startswith("-") else seconds), 1))


class _Values(NamedTuple):
    allowed: frozenset[int]
    star: bool
    """Not restricted at all."""


def _field(text: str, rule: _Field) -> _Values:
    values: set[int] = set()
    star = False
    for word in filter(None, text.split(",")):
        found, everything = _range(word, rule)
        values.update(found)
        star = star or everything
    return _Values(frozenset(values), star)


def _range(word: str, rule: _Field) -> tuple[range, bool]:
    """What a range stands for, and whether it is all there is."""
    span, *steps = word.split("/")
    ends = span.split("-")
    star = ends[0] in ("*", "?")
    if star:
        low, high = rule.low, rule.high
    else:
        low = _number(ends[0], rule.names)
        if len(ends) > 2:
            raise ValueError(f"too many hyphens: {word}")
        high = _number(ends[1], rule.names) if len(ends) == 2 else low
    if len(steps) > 1:
        raise ValueError(f"too many slashes: {word}")
    step = _number(steps[0], {}) if steps else 1
    if steps and len(ends) == 1 and not star:
        high = rule.high
    _check(low, high, step, rule, word)
    return range(low, high + 1, step), star and step == 1


def _check(low: int, high: int, step: int, rule: _Field, word: str) -> None:
    if low < rule.low:
        raise ValueError(f"beginning of range ({low}) below minimum ({rule.low}): {word}")
    if high > rule.high:
        raise ValueError(f"end of range ({high}) above maximum ({rule.high}): {word}")
    if low > high:
        raise ValueError(f"beginning of range ({low}) beyond end of range ({high}): {word}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {word}")


def _number(text: str, names: Mapping[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(
            f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax'
        )
    if int(text) < 0:
        raise ValueError(f"negative number ({int(text)}) not allowed: {text}")
    return int(text)


@dataclass(frozen=True)
class Every:
    """A constant time from one to the next, counted from the last."""

    seconds: int

    def next(self, after: datetime) -> datetime | None:
        whole = after.astimezone(UTC).replace(microsecond=0)
        return whole + timedelta(seconds=self.seconds)

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        first = self.next(after)
        if first is None or first > until:
            return None
        times = int((until - first).total_seconds() // self.seconds)
        return first + timedelta(seconds=times * self.seconds)


@dataclass(frozen=True)
class Cron:
    """Five fields in a time zone. Where clocks are put forward, what falls into the gap is
    not due on that day; where they are put back, what falls into the hour is due twice."""

    zone: tzinfo
    minute: _Values
    hour: _Values
    day: _Values
    month: _Values
    weekday: _Values

    def next(self, after: datetime) -> datetime | None:
        at = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = at + _HORIZON
        while at <= end:
            local = at.astimezone(self.zone)
            if local.month not in self.month.allowed:
                at = self._midnight(at, _next_month(local))
            elif not self._day_matches(local):
                at = self._midnight(at, local + timedelta(days=1))
            elif local.hour not in self.hour.allowed:
                at += timedelta(minutes=60 - local.minute)
            elif local.minute not in self.minute.allowed:
                at += timedelta(minutes=1)
            else:
                return at
        return None

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        for window in _WINDOWS:
            if until - window <= after:
                break
            found = self._last(until - window, until)
            if found is not None:
                return found
        return self._last(after, until)

    def _last(self, after: datetime, until: datetime) -> datetime | None:
        return max(self._between(after, until), default=None)

    def _between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        at = self.next(after)
        while at is not None and at <= until:
            yield at
            at = self.next(at)

    def _day_matches(self, local: datetime) -> bool:
        of_month = local.day in self.day.allowed
        of_week = local.isoweekday() % 7 in self.weekday.allowed
        if self.day.star or self.weekday.star:
            return of_month and of_week
        return of_month or of_week

    def _midnight(self, at: datetime, day: datetime) -> datetime:
        """The beginning of a later day; later than `at` also where clocks change then."""
        naive = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return max(naive.astimezone(UTC), at + timedelta(minutes=1))


def _next_month(local: datetime) -> datetime:
    if local.month == 12:
        return local.replace(year=local.year + 1, month=1, day=1)
    return local.replace(month=local.month + 1, day=1)
