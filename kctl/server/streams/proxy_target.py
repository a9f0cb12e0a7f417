"""Whom a proxy request is for: a pod, or a ready endpoint of a service."""

from __future__ import annotations

import ipaddress
import random
from dataclasses import dataclass

from kctl.api.errors import ApiError, bad_request
from kctl.api.kind import Object
from kctl.server.call import Call

SCHEMES = ("", "http", "https")


@dataclass(frozen=True, slots=True)
class Target:
    """`port` is as it was asked for, "" for the scheme's own."""

    pod: Object
    secure: bool
    address: str
    port: str

    @property
    def number(self) -> int:
        """0 where the port is none."""
        if not self.port:
            return 443 if self.secure else 80
        digits = self.port.isascii() and self.port.isdigit() and len(self.port) < 6
        number = int(self.port) if digits else 0
        return number if number < 65536 else 0

    @property
    def netloc(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}" if self.port else host


def target_of(call: Call) -> Target:
    """Of "[scheme:]name[:port]" in the path. Raises ApiError in the words of the API server's
    ResourceLocation."""
    return _of_service(call) if call.info.resource == "services" else _of_pod(call)


def unavailable(message: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", message)


def _split(text: str, what: str) -> tuple[str, str, str]:
    """(scheme, name, port)."""
    parts = text.split(":")
    if len(parts) < 3:
        parts = ["", *parts]
    if len(parts) < 3:
        parts = [*parts, ""]
    if len(parts) > 3 or parts[0] not in SCHEMES or not parts[1]:
        raise bad_request(f'invalid {what} request "{text}"')
    return parts[0], parts[1], parts[2]


def _of_pod(call: Call) -> Target:
    """Without a port the first that the pod declares is meant."""
    scheme, name, port = _split(call.info.name, "pod")
    pod = call.server.api.get("pods", name, call.info.namespace)
    if not port:
        declared = [each["ports"] for each in pod["spec"]["containers"] if each.get("ports")]
        port = str(declared[0][0]["containerPort"]) if declared else ""
    address = (pod.get("status") or {}).get("podIP", "")
    if not _allowed(address):
        raise bad_request("address not allowed")
    return Target(pod, scheme == "https", address, port)


def _allowed(address: str) -> bool:
    """Go's IsGlobalUnicast."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    special = parsed.is_multicast or parsed.is_unspecified or parsed.is_loopback
    return not (special or parsed.is_link_local or address == "255.255.255.255")


def _of_service(call: Call) -> Target:
    """An endpoint that is ready, each time another one."""
    scheme, name, port = _split(call.info.name, "service")
    namespace = call.info.namespace
    if port.isascii() and port.isdigit():
        port = _port_name(call.server.api.get("services", name, namespace), port)
    endpoints = call.server.api.get("endpoints", name, namespace)
    candidates = [
        (each, str(listed["port"]))
        for subset in endpoints.get("subsets") or []
        for listed in subset.get("ports") or []
        if listed.get("name", "") == port
        for each in subset.get("addresses") or []
    ]
    random.shuffle(candidates)
    for address, number in candidates:
        pod = _pod_behind(call, address)
        if pod is not None:
            return Target(pod, scheme == "https", address["ip"], number)
    which = call.info.name if endpoints.get("subsets") else name
    raise unavailable(f'no endpoints available for service "{which}"')


def _port_name(service: Object, number: str) -> str:
    """The name of a service's port, by which its endpoints know it."""
    for each in service["spec"].get("ports") or []:
        if each["port"] == int(number):
            return str(each.get("name", ""))
    name = service["metadata"]["name"]
    raise unavailable(f'no service port {int(number)} found for service "{name}"')


def _pod_behind(call: Call, address: Object) -> Object | None:
    """The pod of an endpoint; None where it is no pod of this namespace with this address:
    whoever writes endpoints by hand reaches nothing else through the server."""
    reference = address.get("targetRef") or {}
    if reference.get("kind") != "Pod" or reference.get("namespace") != call.info.namespace:
        return None
    try:
        pod = call.server.api.get("pods", reference.get("name", ""), call.info.namespace)
    except ApiError:
        return None
    same = (pod.get("status") or {}).get("podIP") == address.get("ip")
    return pod if same and _allowed(address["ip"]) else None
