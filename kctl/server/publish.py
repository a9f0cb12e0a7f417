"""Where pods reach the API: the service default/kubernetes, its endpoints, and the authority's
certificate, as a kube-apiserver and its controller manager write them.

A server that listens on the loopback alone is reached by no pod, and publishes nothing. What was
published stays when a server ends, so that one that comes back changes no load balancer.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from kctl.api.admission.api_access import API, ROOT_CA
from kctl.api.api import Api
from kctl.api.errors import ApiError
from kctl.api.kind import Object
from kctl.controllers.endpointslice import RESOURCE, SERVICE_NAME
from kctl.controllers.endpointslice_mirroring import SKIP_MIRROR
from kctl.controllers.namespace_root_ca import SOURCE, root_ca
from kctl.reconcile.plane import Plane

_API = API[1:]
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
    api, data = plane.own, {"ca.crt": authority.read_text()}
    service = _put(api, "services", _API, lambda found: _service(found, place, plane.settings))
    _put(api, "endpoints", _API, lambda found: _endpoints(found, place))
    _put(api, RESOURCE, _API, lambda found: _slice(found, place))
    _put(api, "configmaps", (SOURCE, ROOT_CA), lambda found: _root_ca(found, data))
    address = str(service["spec"].get("clusterIP", ""))
    return "" if address == "None" else address


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


def _endpoints(found: Object | None, place: Place) -> Object:
    made = found or {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": _meta({SKIP_MIRROR: "true"}),
    }
    return {**made, "subsets": [{"addresses": [{"ip": place.address}], "ports": _ports(place)}]}


def _slice(found: Object | None, place: Place) -> Object:
    made = found or {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": _meta({SERVICE_NAME: _API[1]}),
        "addressType": "IPv4",
    }
    endpoint = {"addresses": [place.address], "conditions": {"ready": True}}
    return {**made, "endpoints": [endpoint], "ports": _ports(place)}


def _ports(place: Place) -> list[Object]:
    return [{"name": _PORT_NAME, "port": place.port, "protocol": "TCP"}]


def _root_ca(found: Object | None, data: dict[str, str]) -> Object:
    return {**(found or root_ca(SOURCE, data)), "data": data}


def _meta(labels: dict[str, str]) -> Object:
    namespace, name = _API
    return {"name": name, "namespace": namespace, "labels": labels}


def _put(
    api: Api, resource: str, at: tuple[str, str], wanted: Callable[[Object | None], Object]
) -> Object:
    """Create or update what is at (namespace, name); again where another process was there
    first."""
    left = _TRIES
    while True:
        left -= 1
        found = _get(api, resource, *at)
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
