"""Ports of containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api.fields import FieldError, duplicate, invalid, required
from kctl.api.validation.values import PROTOCOLS, named, one_of, port_name, port_number

Port = Mapping[str, Any]


def container_ports(ports: Sequence[Port], path: str, errors: list[FieldError]) -> None:
    known: set[str] = set()
    for at, port in enumerate(ports):
        here = f"{path}[{at}]"
        name = port.get("name")
        if name:
            _name(name, f"{here}.name", known, errors)
        number = port.get("containerPort")
        if not number:
            errors.append(required(f"{here}.containerPort"))
        else:
            for text in port_number(number):
                errors.append(invalid(f"{here}.containerPort", number, text))
        if port.get("hostPort"):
            for text in port_number(port["hostPort"]):
                errors.append(invalid(f"{here}.hostPort", port["hostPort"], text))
        one_of(port.get("protocol"), f"{here}.protocol", PROTOCOLS, errors)


def _name(name: str, path: str, known: set[str], errors: list[FieldError]) -> None:
    if port_name(name):
        named(name, path, port_name, errors)
    elif name in known:
        errors.append(duplicate(path, name))
    else:
        known.add(name)


def host_port_conflicts(
    containers: Sequence[Mapping[str, Any]], path: str, errors: list[FieldError]
) -> None:
    """Two containers of one pod may not ask for the same port of the host."""
    taken: set[str] = set()
    for at, container in enumerate(containers):
        for number, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            claim = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{port['hostPort']}"
            if claim in taken:
                errors.append(duplicate(f"{path}[{at}].ports[{number}].hostPort", claim))
            taken.add(claim)
