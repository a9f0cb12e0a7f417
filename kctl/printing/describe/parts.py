"""Pieces that the descriptions of several kinds share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kctl.printing.cells import human_duration
from kctl.printing.describe.writer import STEP, Writer, safe

Object = dict[str, Any]

HIDDEN_ANNOTATIONS = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})
LONGEST_ANNOTATION = 140
LONGEST_LINE = LONGEST_ANNOTATION - 2


def parse_time(text: str) -> datetime:
    """An RFC 3339 time of an object, with or without fractions of a second."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def long_time(text: str | None) -> str:
    """As `describe` prints times: RFC 1123 with a numeric zone."""
    if not text:
        return "<unset>"
    return parse_time(text).astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def age(text: str | None, now: datetime) -> str:
    if not text:
        return "<unknown>"
    return human_duration((now - parse_time(text)).total_seconds())


def label_lines(out: Writer, title: str, labels: Mapping[str, str] | None, level: int = 0) -> None:
    """ "Labels:" and its like: one a line, sorted, <none> where there are none."""
    _pairs(
        out,
        title,
        [f"{key}={safe(labels[key])}" for key in sorted(labels)] if labels else [],
        level,
    )


def _pairs(out: Writer, title: str, lines: Sequence[str], level: int) -> None:
    if not lines:
        out.line(level, f"{title}:\t<none>")
        return
    out.line(level, f"{title}:\t{lines[0]}")
    for line in lines[1:]:
        out.line(0, f"\t{line}")


def annotation_lines(
    out: Writer, title: str, annotations: Mapping[str, str] | None, level: int = 0
) -> None:
    """ "Annotations:": long or many-lined values go below their key, cut at 138 characters."""
    shown = {k: v for k, v in (annotations or {}).items() if k not in HIDDEN_ANNOTATIONS}
    if not shown:
        out.line(level, f"{title}:\t<none>")
        return
    out_lines: list[str] = []
    for key in sorted(shown):
        value = shown[key].removesuffix("\n")
        if len(value) + len(key) + 2 < LONGEST_ANNOTATION and "\n" not in value:
            out_lines.append(f"{key}: {safe(value)}")
            continue
        out_lines.append(f"{key}:")
        for part in value.split("\n"):
            cut = part if len(part) <= LONGEST_LINE else part[:LONGEST_LINE] + "..."
            out_lines.append(f"  {safe(cut)}")
    _pairs(out, title, out_lines, level)


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector in its string form; "<none>" where it selects everything."""
    if not selector:
        return "<none>"
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or []:
        terms.append(_expression(each))
    return ",".join(sorted(terms)) or "<none>"


def _expression(term: Mapping[str, Any]) -> str:
    key, operator = term["key"], term["operator"]
    values = ",".join(sorted(term.get("values") or []))
    match operator:
        case "Exists":
            return str(key)
        case "DoesNotExist":
            return f"!{key}"
        case "In":
            return f"{key} in ({values})"
        case _:
            return f"{key} notin ({values})"


def condition_lines(out: Writer, conditions: Sequence[Object] | None) -> None:
    """Conditions with status and reason, as deployments and replica sets show them."""
    if not conditions:
        return
    out.line(0, "Conditions:\n  Type\tStatus\tReason")
    out.line(1, "----\t------\t------")
    for each in conditions:
        out.line(1, f"{each['type']} \t{each['status']}\t{safe(each.get('reason', ''))}")


def event_lines(out: Writer, events: Iterable[Object], now: datetime, level: int = 0) -> None:
    """The Events table, or <none>. Events come in the order in which they are to be shown."""
    events = list(events)
    if not events:
        out.line(level, "Events:\t<none>")
        return
    out.line(level, "Events:\n" + STEP * (level + 1) + "Type\tReason\tAge\tFrom\tMessage")
    out.line(level + 1, "----\t------\t----\t----\t-------")
    for event in events:
        source = (event.get("source") or {}).get("component") or event.get("reportingComponent", "")
        message = safe(str(event.get("message", "")).strip())
        part = (event.get("involvedObject") or {}).get("fieldPath")
        if part:
            message = f"{safe(part)}: {message}"
        out.line(
            level + 1,
            f"{event.get('type', '')}\t{safe(event.get('reason', ''))}\t{event_age(event, now)}"
            f"\t{safe(source)}\t{message}",
        )


def event_age(event: Object, now: datetime) -> str:
    """ "5s", or "3m (x4 over 10m)" for one that happened again."""
    series = event.get("series") or {}
    first = event.get("firstTimestamp") or event.get("eventTime")
    if series:
        return (
            f"{age(series.get('lastObservedTime'), now)} (x{series.get('count', 0)} over "
            f"{age(event.get('eventTime') or first, now)})"
        )
    count = event.get("count", 1)
    if count > 1:
        return f"{age(event.get('lastTimestamp'), now)} (x{count} over {age(first, now)})"
    return age(first, now)
