"""Host ports that are free (NodePorts)."""

from __future__ import annotations

from kctl.scheduler.requests import host_ports_of
from kctl.scheduler.types import NodeInfo, Object

_ANY = "0.0.0.0"


class Ports:
    name = "NodePorts"

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        for address, protocol, port in host_ports_of(pod):
            if _taken(info.host_ports, address, protocol, port):
                return ("node(s) didn't have free ports for the requested pod ports",)
        return ()

    def explain(self, pod: Object) -> str:
        return ", ".join(f"{port}/{protocol}" for _, protocol, port in host_ports_of(pod))


def _taken(used: set[tuple[str, str, int]], address: str, protocol: str, port: int) -> bool:
    """The wildcard address collides with every address."""
    if address == _ANY:
        return any(each[1:] == (protocol, port) for each in used)
    return (address, protocol, port) in used or (_ANY, protocol, port) in used
