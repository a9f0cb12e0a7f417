"""Where pods reach the API: the service default/kubernetes, its endpoints, and the authority's
certificate, as a kube-apiserver and its controller manager write them.

A server that listens on the loopback alone is reached by no pod: it publishes nothing, and takes
back what this machine published before. Several
servers of one database stand behind the service together; one that ends cleanly takes itself out
as long as another is left, since one that comes back in a moment need not change every load
balancer twice.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kctl.api.admission.api_access import API, ROOT_CA
from kctl.api.api import Api
from kctl.api.errors import ApiError
from kctl.api.kind import Object
from kctl.controllers.namespace_root_ca import SOURCE, root_ca
from kctl.reconcile.plane import Plane

_, _NAMESPACE, _NAME = API
_PORT, _PORT_NAME = 443, "https"
_ANYWHERE = "192.0.2.1"
"""Of the addresses that are kept for documentation: asked for a route, never spoken to."""
_TRIES = 5


class Place(NamedTuple):
    """Where a server is reached by pods."""

    address: str
    """IPv4"""
    port: int


def place_of(bound: tuple[str, int], given: str = "") -> Place | None:
    """From the address that a server listens at, and the one that its owner gave. None where no
    pod reaches it. Raises ValueError for an address that cannot be meant."""
    host, port = bound
    if given:
        return Place(_checked(given), port)
    found = ipaddress.ip_address(host)
    if found.version != 4 or found.is_loopback:
        return None
    address = _outgoing() if found.is_unspecified else host
    return Place(address, port) if address else None


def _checked(given: str) -> str:
    try:
        found = ipaddress.IPv4Address(given)
    except ValueError:
        raise ValueError(f'"{given}" is not an IPv4 address') from None
    if found.is_loopback or found.is_unspecified or found.is_multicast or found.is_link_local:
        raise ValueError(f'"{given}" is not an address that pods reach')
    return str(found)


def _outgoing() -> str:
    """This machine's address towards the rest of the world, "" where it knows no way there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_ANYWHERE, 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def publish(plane: Plane, place: Place, authority: Path) -> str:
    """Lead pods to a server whose certificate `authority` (a PEM file) vouches for; the address
    of the service, which that certificate must name ("" where people made a service of that name
    that has none). Raises ApiError, StoreError, OSError."""
    api = plane.own
    service = _put(api, "services", lambda found: _service(found, place, plane.settings))
    found, port = _listed(api)
    others = {each for each in found if port == place.port and not _is_ours(each)}
    _lead(api, others | {place.address}, place.port)
    data = {"ca.crt": authority.read_text()}
    _put(api, "configmaps", lambda found: {**(found or root_ca(SOURCE, data)), "data": data})
    address = str(service["spec"].get("clusterIP", ""))
    return "" if address == "None" else address


def take_back(plane: Plane) -> None:
    """No pod reaches a server on this machine from now on. Raises ApiError, StoreError."""
    found, port = _listed(plane.own)
    others = [each for each in found if not _is_ours(each)]
    if others != found:
        _lead(plane.own, others, port)


def withdraw(plane: Plane, place: Place) -> None:
    """What a server does at its end. Raises ApiError, StoreError."""
    found, port = _listed(plane.own)
    others = [each for each in found if each != place.address]
    if others and others != found:
        _lead(plane.own, others, port)


def _lead(api: Api, addresses: Iterable[str], port: int) -> None:
    _put(api, "endpoints", lambda found: _endpoints(found, sorted(addresses), port))
    _put(api, API[0], lambda found: _slice(found, sorted(addresses), port))


def _listed(api: Api) -> tuple[list[str], int]:
    """The addresses of the servers, and the port that all servers of a database have."""
    found = _get(api, *API) or {}
    port = next((int(each["port"]) for each in found.get("ports") or ()), 0)
    return [each["addresses"][0] for each in found.get("endpoints") or ()], port


def _is_ours(address: str) -> bool:
    """This machine had it published before, whether it serves there now or not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


# --- objects ---


def _service(found: Object | None, place: Place, settings: Mapping[str, str]) -> Object:
    port = {"name": _PORT_NAME, "port": _PORT, "protocol": "TCP", "targetPort": place.port}
    if found is not None:
        return {**found, "spec": {**found["spec"], "ports": [port]}}
    first = str(ipaddress.ip_network(settings["service-cidr"])[1])
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta({"component": "apiserver", "provider": "kubernetes"}),
        "spec": {"type": "ClusterIP", "clusterIP": first, "ports": [port]},
    }


def _endpoints(found: Object | None, addresses: Sequence[str], port: int) -> Object:
    labels = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    listed = [{"ip": each} for each in addresses]
    ports = [{"name": _PORT_NAME, "port": port, "protocol": "TCP"}]
    made = found or {"apiVersion": "v1", "kind": "Endpoints", "metadata": _meta(labels)}
    return {**made, "subsets": [{"addresses": listed, "ports": ports}] if listed else []}


def _slice(found: Object | None, addresses: Sequence[str], port: int) -> Object:
    labels = {"kubernetes.io/service-name": _NAME}
    made = found or {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": _meta(labels),
        "addressType": "IPv4",
    }
    listed = [{"addresses": [each], "conditions": {"ready": True}} for each in addresses]
    ports = [{"name": _PORT_NAME, "port": port, "protocol": "TCP"}]
    return {**made, "endpoints": listed, "ports": ports}


def _meta(labels: dict[str, str]) -> Object:
    return {"name": _NAME, "namespace": _NAMESPACE, "labels": labels}


def _put(api: Api, resource: str, wanted: Callable[[Object | None], Object]) -> Object:
    """Create or update; again where another process was there first."""
    where = (SOURCE, ROOT_CA) if resource == "configmaps" else (_NAMESPACE, _NAME)
    left = _TRIES
    while True:
        left -= 1
        found = _get(api, resource, *where)
        made = wanted(found)
        try:
            if found is None:
                return api.create(made)
            return found if made == found else api.update(made)
        except ApiError as error:
            if error.reason not in ("AlreadyExists", "Conflict") or not left:
                raise


def _get(api: Api, resource: str, namespace: str, name: str) -> Object | None:
    try:
        return api.get(resource, name, namespace)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        return None
