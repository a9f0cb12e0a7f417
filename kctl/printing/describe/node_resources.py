"""What the pods of a node ask for, each and together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from kctl.api import quantity
from kctl.printing.describe.parts import age
from kctl.printing.describe.writer import Writer

Object = dict[str, Any]

ALWAYS_SHOWN = ("cpu", "memory", "ephemeral-storage")


def pod_lines(
    out: Writer, pods: Sequence[Object], allocatable: Mapping[str, str], now: datetime
) -> None:
    """ "Non-terminated Pods": requests and limits with their share of the node."""
    out.line(0, f"Non-terminated Pods:\t({len(pods)} in total)")
    out.line(
        1,
        "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge",
    )
    out.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---")
    for pod in pods:
        requests, limits = pod_amounts(pod)
        meta = pod["metadata"]
        out.line(
            1,
            f"{meta['namespace']}\t{meta['name']}\t\t"
            f"{_share(requests, 'cpu', allocatable)}\t{_share(limits, 'cpu', allocatable)}\t"
            f"{_share(requests, 'memory', allocatable)}\t{_share(limits, 'memory', allocatable)}\t"
            f"{age(meta.get('creationTimestamp'), now)}",
        )


def allocated_lines(out: Writer, pods: Sequence[Object], allocatable: Mapping[str, str]) -> None:
    """ "Allocated resources": the sums."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for pod in pods:
        pod_requests, pod_limits = pod_amounts(pod)
        _add(requests, pod_requests)
        _add(limits, pod_limits)
    out.line(0, "Allocated resources:")
    out.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)")
    out.line(1, "Resource\tRequests\tLimits")
    out.line(1, "--------\t--------\t------")
    for name in ALWAYS_SHOWN:
        out.line(
            1, f"{name}\t{_share(requests, name, allocatable)}\t{_share(limits, name, allocatable)}"
        )
    others = {name for name in (*allocatable, *requests, *limits) if _is_other(name)}
    for name in sorted(others):
        shares = _share if name.startswith("hugepages-") else _plain
        out.line(
            1, f"{name}\t{shares(requests, name, allocatable)}\t{shares(limits, name, allocatable)}"
        )


def _is_other(name: str) -> bool:
    return name.startswith("hugepages-") or "/" in name


def pod_amounts(pod: Object) -> tuple[dict[str, str], dict[str, str]]:
    """Requests and limits of a pod: the sum over its containers, or the largest init
    container where that asks for more; sidecars count with the containers."""
    spec = pod["spec"]
    totals = []
    for part in ("requests", "limits"):
        total: dict[str, str] = {}
        for container in spec.get("containers") or []:
            _add(total, _amounts(container, part))
        sidecars: dict[str, str] = {}
        for container in spec.get("initContainers") or []:
            amounts = dict(_amounts(container, part))
            if container.get("restartPolicy") == "Always":
                _add(total, amounts)
                _add(sidecars, amounts)
                continue
            _add(amounts, sidecars)
            _raise(total, amounts)
        _add(total, spec.get("overhead") or {})
        totals.append(total)
    return totals[0], totals[1]


def _amounts(container: Object, part: str) -> Mapping[str, str]:
    found: Mapping[str, str] = (container.get("resources") or {}).get(part) or {}
    return found


def _add(total: dict[str, str], more: Mapping[str, str]) -> None:
    for name, amount in more.items():
        total[name] = quantity.add([total[name], amount]) if name in total else str(amount)


def _raise(total: dict[str, str], least: Mapping[str, str]) -> None:
    for name, amount in least.items():
        if name not in total or quantity.compare(str(amount), total[name]) > 0:
            total[name] = str(amount)


def _share(amounts: Mapping[str, str], name: str, allocatable: Mapping[str, str]) -> str:
    """ "100m (5%)"."""
    amount = amounts.get(name, "0")
    whole = quantity.parse(str(allocatable.get(name, "0")))
    part = Decimal(0) if not whole else quantity.parse(str(amount)) / whole * 100
    return f"{amount} ({int(part)}%)"


def _plain(amounts: Mapping[str, str], name: str, allocatable: Mapping[str, str]) -> str:
    return amounts.get(name, "0")
