"""Fields of services that kctl's load balancer does not honour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kctl.api.kinds.shared.service_fields import headless

Spec = Mapping[str, Any]

_TCP_ONLY = frozenset(("haproxy",))
"""Load balancers (setting "load-balancer") known to carry no other protocol."""


def service_fields(spec: Spec, balancer: str) -> list[str]:
    """One sentence for each field that is not honoured."""
    return [f"{where}: {why}" for where, why in _walk(spec, balancer)]


def _walk(spec: Spec, balancer: str) -> Iterator[tuple[str, str]]:
    kind = spec.get("type")
    if kind == "ExternalName":
        return
    if not headless(dict(spec)) and balancer in _TCP_ONLY:
        for at, port in enumerate(spec.get("ports") or ()):
            if port.get("protocol") in ("UDP", "SCTP"):
                yield (
                    f"spec.ports[{at}].protocol",
                    f"the load balancer {balancer} carries TCP alone: nothing answers on this "
                    f"{port['protocol']} port but the pods themselves (use a headless service)",
                )
    if spec.get("trafficDistribution"):
        yield "spec.trafficDistribution", "traffic goes to all ready endpoints alike"
    if len(spec.get("ipFamilies") or ()) > 1:
        yield "spec.ipFamilies", "kctl's networks are IPv4 alone"
