"""`kctl describe cronjob`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import (
    annotation_lines,
    event_lines,
    label_lines,
    long_time,
    selector_text,
)
from kctl.printing.describe.template import template_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class CronJobDescriber:
    """When jobs are made, of what, and which are at work."""

    resource = "cronjobs.batch"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"Schedule:\t{safe(spec.get('schedule', ''))}")
        out.line(0, f"Concurrency Policy:\t{spec.get('concurrencyPolicy', '')}")
        out.line(0, f"Suspend:\t{'True' if spec.get('suspend') else 'False'}")
        out.line(0, f"Time Zone:\t{safe(spec.get('timeZone') or '<unset>')}")
        for title, name, unit in (
            ("Successful Job History Limit", "successfulJobsHistoryLimit", ""),
            ("Failed Job History Limit", "failedJobsHistoryLimit", ""),
            ("Starting Deadline Seconds", "startingDeadlineSeconds", "s"),
        ):
            out.line(0, f"{title}:\t{_number(spec.get(name), unit)}")
        _template(out, (spec.get("jobTemplate") or {}).get("spec") or {})
        last = status.get("lastScheduleTime")
        out.line(0, f"Last Schedule Time:\t{long_time(last)}")
        names = ", ".join(each["name"] for each in status.get("active") or ())
        out.line(0, f"Active Jobs:\t{names or '<none>'}")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _template(out: Writer, job: Object) -> None:
    selector = job.get("selector")
    out.line(0, f"Selector:\t{'<unset>' if selector is None else selector_text(selector)}")
    out.line(0, f"Parallelism:\t{_number(job.get('parallelism'))}")
    out.line(0, f"Completions:\t{_number(job.get('completions'))}")
    if job.get("activeDeadlineSeconds") is not None:
        out.line(0, f"Active Deadline Seconds:\t{job['activeDeadlineSeconds']}s")
    template_lines(out, job.get("template"))


def _number(value: int | None, unit: str = "") -> str:
    return "<unset>" if value is None else f"{value}{unit}"
