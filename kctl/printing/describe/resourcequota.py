"""`kctl describe quota`, and the quotas in `kctl describe namespace`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]

_HELP = {
    "Terminating": "Matches all pods that have an active deadline. These pods have a limited "
    "lifespan on a node before being actively terminated by the system.",
    "NotTerminating": "Matches all pods that do not have an active deadline. These pods usually "
    "include long running pods whose container command is not expected to terminate.",
    "BestEffort": "Matches all pods that do not have resource requirements set. These pods have "
    "a best effort quality of service.",
    "NotBestEffort": "Matches all pods that have at least one resource requirement set. These "
    "pods have a burstable or guaranteed quality of service.",
}


class ResourceQuotaDescriber:
    """What is allowed, and what is used of it."""

    resource = "resourcequotas"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        _scopes(out, obj, 0, " * ")
        out.line(0, "Resource\tUsed\tHard")
        out.line(0, "--------\t----\t----")
        _amounts(out, obj, 0)
        return out.text()


def quota_lines(out: Writer, quotas: list[Object]) -> None:
    """As the description of their namespace shows them."""
    if not quotas:
        out.line(0, "No resource quota.")
        return
    out.line(0, "Resource Quotas")
    for quota in sorted(quotas, key=lambda each: str(each["metadata"]["name"])):
        out.line(1, f"Name:\t{quota['metadata']['name']}")
        _scopes(out, quota, 1, "* ")
        out.line(1, "Resource\tUsed\tHard")
        out.line(1, "--------\t---\t---")
        _amounts(out, quota, 1)


def _scopes(out: Writer, quota: Object, level: int, mark: str) -> None:
    scopes = sorted((quota.get("spec") or {}).get("scopes") or ())
    if not scopes:
        return
    out.line(level, f"Scopes:\t{safe(', '.join(scopes))}")
    for scope in scopes:
        if scope in _HELP:
            out.line(level, f"{mark}{_HELP[scope]}")


def _amounts(out: Writer, quota: Object, level: int) -> None:
    status = quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    for name in sorted(hard):
        out.line(level, f"{name}\t{used.get(name, '0')}\t{hard[name]}")
