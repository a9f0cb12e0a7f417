"""`kctl describe job`."""

from __future__ import annotations

from typing import Any

from kctl.printing.cells import human_duration
from kctl.printing.describe.parts import (
    annotation_lines,
    event_lines,
    label_lines,
    long_time,
    parse_time,
    selector_text,
)
from kctl.printing.describe.template import template_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]

_LONGEST_INDEXES = 50


class JobDescriber:
    """What the job is to reach, how far it is, its template."""

    resource = "jobs.batch"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        out.line(0, f"Selector:\t{selector_text(spec.get('selector'))}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        for owner in meta.get("ownerReferences") or ():
            if owner.get("controller"):
                out.line(0, f"Controlled By:\t{owner['kind']}/{owner['name']}")
        _wanted(out, spec)
        _times(out, spec, status)
        _pods(out, spec, status)
        template_lines(out, spec.get("template"))
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _wanted(out: Writer, spec: Object) -> None:
    if spec.get("parallelism") is not None:
        out.line(0, f"Parallelism:\t{spec['parallelism']}")
    completions = spec.get("completions")
    out.line(0, f"Completions:\t{'<unset>' if completions is None else completions}")
    for title, name in (
        ("Completion Mode", "completionMode"),
        ("Suspend", "suspend"),
        ("Backoff Limit", "backoffLimit"),
        ("TTL Seconds After Finished", "ttlSecondsAfterFinished"),
    ):
        value = spec.get(name)
        if value is not None:
            out.line(
                0, f"{title}:\t{str(value).lower() if value is True or value is False else value}"
            )


def _times(out: Writer, spec: Object, status: Object) -> None:
    start, end = status.get("startTime"), status.get("completionTime")
    if start:
        out.line(0, f"Start Time:\t{long_time(start)}")
    if end:
        out.line(0, f"Completed At:\t{long_time(end)}")
    if start and end:
        took = (parse_time(end) - parse_time(start)).total_seconds()
        out.line(0, f"Duration:\t{human_duration(took)}")
    if spec.get("activeDeadlineSeconds") is not None:
        out.line(0, f"Active Deadline Seconds:\t{spec['activeDeadlineSeconds']}s")


def _pods(out: Writer, spec: Object, status: Object) -> None:
    active, ready = status.get("active", 0), status.get("ready")
    at_work = f"{active} Active" if ready is None else f"{active} Active ({ready} Ready)"
    done = f"{status.get('succeeded', 0)} Succeeded / {status.get('failed', 0)} Failed"
    out.line(0, f"Pods Statuses:\t{at_work} / {done}")
    if spec.get("completionMode") == "Indexed":
        out.line(0, f"Completed Indexes:\t{_capped(status.get('completedIndexes', ''))}")


def _capped(text: str) -> str:
    """What begins within the first 50 characters, whole indexes only."""
    if not text:
        return "<none>"
    cut = text.find(",", _LONGEST_INDEXES)
    return text if cut < 0 else f"{text[: cut + 1]}..."
