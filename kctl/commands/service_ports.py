"""The ports of the service that expose makes, from flags or from the object itself."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.parse import Args

Object = dict[str, Any]


def service_ports(args: Args, obj: Object) -> list[Object]:
    """spec.ports. Raises UsageError where no port is given or found."""
    known = _ports_of(obj)
    wanted = args["port"].split(",") if args["port"] else list(known)
    headless = args["cluster-ip"] == "None"
    if not wanted:
        if headless:
            return []
        raise UsageError("couldn't find port via --port flag or introspection")
    ports: list[Object] = []
    for at, text in enumerate(wanted, 1):
        name = f"port-{at}" if len(wanted) > 1 else ""
        ports += _one(args, text, name, at, known)
    for port in ports:
        port["targetPort"] = _target(args["target-port"]) if args["target-port"] else port["port"]
    return ports


def _one(args: Args, text: str, name: str, at: int, known: dict[str, list[str]]) -> list[Object]:
    try:
        number = int(text)
    except ValueError:
        raise UsageError(f'strconv.Atoi: parsing "{text}": invalid syntax') from None
    protocols = [args["protocol"]] if args["protocol"] else known.get(text, ["TCP"])
    if len(protocols) == 1:
        return [{**({"name": name} if name else {}), "protocol": protocols[0], "port": number}]
    return [
        {"name": f"port-{at}-{each.lower()}", "protocol": each, "port": number}
        for each in protocols
    ]


def _target(text: str) -> int | str:
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() else text


def _ports_of(obj: Object) -> dict[str, list[str]]:
    """Port numbers of the object's containers (or of the service), with their protocols."""
    spec = obj.get("spec") or {}
    found: dict[str, list[str]] = {}
    if obj.get("kind") == "Service":
        listed = [(each["port"], each.get("protocol")) for each in spec.get("ports") or []]
    else:
        pod = spec if obj.get("kind") == "Pod" else (spec.get("template") or {}).get("spec") or {}
        listed = [
            (each["containerPort"], each.get("protocol"))
            for container in pod.get("containers") or []
            for each in container.get("ports") or []
        ]
    for number, protocol in listed:
        protocols = found.setdefault(str(number), [])
        if (protocol or "TCP") not in protocols:
            protocols.append(protocol or "TCP")
    return found
