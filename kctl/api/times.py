"""Times as Kubernetes writes them: RFC 3339 in UTC, whole seconds (Time) or microseconds
(MicroTime)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)
_LAYOUT = "2006-01-02T15:04:05Z07:00"


def now_text(moment: datetime) -> str:
    """metav1.Time: "2026-11-23T06:07:08Z"."""
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"  # a third of what strftime takes


def micro_text(moment: datetime) -> str:
    """metav1.MicroTime: "2026-11-23T06:07:08.000009Z"."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


def parse(text: str) -> datetime:
    """The moment of an RFC 3339 text. Raises ValueError with Go's message."""
    if _RFC3339.fullmatch(text) is None:
        raise ValueError(_why_not(text))
    try:
        return datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"parsing time {_quoted(text)}: {_out_of_range(text)}") from None


def _why_not(text: str) -> str:
    """Which element of Go's layout the text stops to follow."""
    elements = (
        (r"\d{4}", "2006"),
        ("-", "-"),
        (r"\d\d", "01"),
        ("-", "-"),
        (r"\d\d", "02"),
        ("T", "T"),
        (r"\d\d", "15"),
        (":", ":"),
        (r"\d\d", "04"),
        (":", ":"),
        (r"\d\d(?:[.,]\d+)?", "05"),
        (r"Z|[+-]\d\d:\d\d", "Z07:00"),
    )
    rest = text
    for pattern, element in elements:
        found = re.match(pattern, rest, re.ASCII)
        if found is None:
            return (
                f"parsing time {_quoted(text)} as {_quoted(_LAYOUT)}: "
                f"cannot parse {_quoted(rest)} as {_quoted(element)}"
            )
        rest = rest[found.end() :]
    return f"parsing time {_quoted(text)}: extra text: {_quoted(rest)}"


def _out_of_range(text: str) -> str:
    month, day, hour, minute = text[5:7], text[8:10], text[11:13], text[14:16]
    if not 1 <= int(month) <= 12:
        return "month out of range"
    if int(hour) > 23:
        return "hour out of range"
    if int(minute) > 59:
        return "minute out of range"
    if int(text[17:19]) > 59:
        return "second out of range"
    return "day out of range" if day else "time out of range"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
