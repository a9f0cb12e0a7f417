"""[LOCAL:]REMOTE on the command line of port-forward: names become numbers, service ports
the ports of the pod, and what cannot be is refused in kubectl's words."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import UsageError

Object = dict[str, Any]


class Forwarded:
    """One pair of ports. local is 0 until the system has chosen one."""

    __slots__ = ("local", "remote")

    def __init__(self, local: int, remote: int) -> None:
        self.local, self.remote = local, remote


def resolve(words: list[str], obj: Object, pod: Object) -> list[str]:
    """The words with the pod's own numbers as remote ports. `obj` is what the command line
    named: the pod, or a service in front of it. Raises UsageError."""
    if obj["kind"] == "Service":
        _refuse_udp(words, obj["spec"].get("ports") or [], "port", lambda n: _service_port(obj, n))
        return [_of_service(word, obj, pod) for word in words]
    ports = [port for each in pod["spec"]["containers"] for port in each.get("ports") or []]
    _refuse_udp(words, ports, "containerPort", lambda name: _pod_port(pod, name))
    return [_of_pod(word, pod) for word in words]


def parse(words: list[str]) -> list[Forwarded]:
    """Raises UsageError."""
    return [_parse(word) for word in words]


def _parse(word: str) -> Forwarded:
    parts = word.split(":")
    if len(parts) > 2:
        raise UsageError(f"invalid port format '{word}'")
    local, remote = parts[0], parts[-1]
    if len(parts) == 2 and not local:
        local = "0"
    pair = Forwarded(_uint16(local, "local"), _uint16(remote, "remote"))
    if pair.remote == 0:
        raise UsageError("remote port must be > 0")
    return pair


def _uint16(text: str, which: str) -> int:
    """strconv.ParseUint in 16 bits, with its texts."""
    why = ""
    if not (text.isascii() and text.isdigit()):
        why = "invalid syntax"
    elif int(text) > 65535:
        why = "value out of range"
    if why:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        raise UsageError(
            f"error parsing {which} port '{text}': strconv.ParseUint: parsing \"{quoted}\": {why}"
        )
    return int(text)


def _split(word: str) -> tuple[str, str]:
    """(local, remote); one word, or too many, is both."""
    parts = word.split(":")
    return (parts[0], parts[1]) if len(parts) == 2 else (parts[0], parts[0])


def _number(text: str) -> int | None:
    """strconv.Atoi."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    return int(text) if digits.isascii() and digits.isdigit() else None


def _refuse_udp(words: list[str], ports: list[Object], field: str, named: Any) -> None:
    def numbers(protocol: str) -> set[int]:
        return {each[field] for each in ports if each.get("protocol", "TCP") == protocol}

    only_udp = numbers("UDP") - numbers("TCP")
    for word in words:
        remote = _split(word)[1]
        number = _number(remote)
        if (named(remote) if number is None else number) in only_udp:
            raise UsageError(f"UDP protocol is not supported for {remote}")


def _of_pod(word: str, pod: Object) -> str:
    local, remote = _split(word)
    if not remote:
        raise UsageError("remote port cannot be empty")
    number = remote if _number(remote) is not None else str(_pod_port(pod, remote))
    return f"{local}:{number}" if local != remote else number


def _of_service(word: str, service: Object, pod: Object) -> str:
    local, remote = _split(word)
    number = _number(remote)
    if number is None:
        number = _service_port(service, remote)
        local = str(number) if local == remote else local
    target = str(_target(service, pod, number))
    return f"{local}:{target}" if local != target else target


def _service_port(service: Object, name: str) -> int:
    for port in service["spec"].get("ports") or []:
        if port.get("name", "") == name:
            return int(port["port"])
    where = service["metadata"]["name"]
    raise UsageError(f"Service '{where}' does not have a named port '{name}'")


def _target(service: Object, pod: Object, number: int) -> int:
    spec = service["spec"]
    for port in spec.get("ports") or []:
        if port["port"] != number:
            continue
        target = port.get("targetPort")
        if spec.get("clusterIP") == "None":
            return number
        return _pod_port(pod, target) if isinstance(target, str) else int(target or number)
    where = service["metadata"]["name"]
    raise UsageError(f"Service {where} does not have a service port {number}")


def _pod_port(pod: Object, name: str) -> int:
    spec = pod["spec"]
    for container in spec["containers"]:
        for port in container.get("ports") or []:
            if port.get("name") == name:
                return int(port["containerPort"])
    raise UsageError(f"Pod '{pod['metadata']['name']}' does not have a named port '{name}'")
