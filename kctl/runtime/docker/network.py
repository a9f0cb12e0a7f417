"""The pod network: one user-defined bridge a node.

It is made once and never changed under running pods: where it stands otherwise than the
settings want it, that is an error for the owner, unless nothing is attached to it.
"""

from __future__ import annotations

import ipaddress
import threading
from typing import TYPE_CHECKING, Any

from kctl.network.fabric import devices
from kctl.runtime.docker import labels
from kctl.runtime.docker.client import Engine, explanation

if TYPE_CHECKING:
    from kctl.runtime.operations import NetworkSettings

Object = dict[str, Any]


class NetworkConflict(Exception):
    """The pod network cannot be made as the settings want it; the text says why."""


def arguments(settings: NetworkSettings) -> Object:
    """The network as the body of the engine's create call."""
    pool = {"Subnet": settings.subnet, "Gateway": settings.gateway}
    reserve = _reserve(settings.subnet)
    if reserve:
        pool["IPRange"] = reserve
    return {
        "Name": settings.name,
        "Driver": "bridge",
        "CheckDuplicate": True,
        "IPAM": {"Driver": "default", "Config": [pool]},
        "Options": {"com.docker.network.bridge.name": devices.bridge(settings.cluster)},
        "Labels": _marks(settings),
    }


def _marks(settings: NetworkSettings) -> dict[str, str]:
    """Whose the network is. An engine cannot be told by its ID or its host's name (copies of
    one machine share both), so this is what makes it the engine of one node."""
    marks = {
        labels.CLUSTER: settings.cluster,
        labels.NETWORK: f"{settings.subnet} {settings.gateway}",
        labels.NODE: settings.node,
        labels.NODE_UID: settings.uid,
    }
    return {key: value for key, value in marks.items() if value}


def _reserve(subnet: str) -> str:
    """Where the engine may choose addresses by itself (for containers that a person
    attaches): the last /24 of a wide subnet, far from the addresses that kctl gives."""
    whole = ipaddress.ip_network(subnet)
    if whole.prefixlen > 20 or whole.version != 4:
        return ""
    last = int(whole.broadcast_address) - 255
    return f"{ipaddress.ip_address(last)}/24"


class PodNetworkOfNode:
    """Finds and makes the network of one control plane on one engine."""

    def __init__(self, engine: Engine, cluster: str) -> None:
        self._engine = engine
        self._cluster = cluster
        self._found: Object | None = None
        self._lock = threading.Lock()

    def name(self) -> str:
        """The network's name, or "" while there is none."""
        found = self._found or self.look()
        return str(found["Name"]) if found else ""

    def look(self) -> Object | None:
        """Ask the engine for the network of this control plane."""
        with self._engine.quick() as api:
            found = api.networks(filters=labels.of_cluster(self._cluster))
        self._found = found[0] if found else None
        return self._found

    def stands(self, subnet: str, *, fresh: bool = False) -> bool:
        """Whether the network is there, on `subnet` where that is given. What was found
        once is believed until `fresh`: containers in it keep it from being removed."""
        found = self.look() if fresh or self._found is None else self._found
        return found is not None and (not subnet or subnet in _pools(found))

    def owner(self) -> str:
        """uid of the node that the network was last seen to be made for, "" without one."""
        return _owner(self._found)

    def forget(self) -> None:
        self._found = None

    def ensure(self, settings: NetworkSettings) -> None:
        """Make the network; nothing to do where it stands as wanted.

        Raises `NetworkConflict`."""
        with self._lock:
            existing = self._inspect(settings.name)
            if existing is not None and not self._matches(existing, settings):
                self._give_way(existing, settings)
                existing = None
            if existing is None:
                self._create(settings)
            self.look()

    def _inspect(self, name: str) -> Object | None:
        with self._engine.quick() as api:
            found = [each for each in api.networks(names=[name]) if each["Name"] == name]
            return api.inspect_network(found[0]["Id"]) if found else None

    def _matches(self, existing: Object, settings: NetworkSettings) -> bool:
        pools = existing.get("IPAM", {}).get("Config") or []
        return (
            (existing.get("Labels") or {}).get(labels.CLUSTER) == settings.cluster
            and existing.get("Driver") == "bridge"
            and _owner(existing) in ("", settings.uid)
            and any(
                each.get("Subnet") == settings.subnet and each.get("Gateway") == settings.gateway
                for each in pools
            )
        )

    def _give_way(self, existing: Object, settings: NetworkSettings) -> None:
        """Remove a network of ours that stands otherwise and that nobody uses."""
        owner = (existing.get("Labels") or {}).get(labels.CLUSTER)
        if owner != settings.cluster:
            raise NetworkConflict(
                f'the engine has a network "{settings.name}" already, which '
                f"{'belongs to another control plane' if owner else 'kctl did not make'}"
            )
        if _owner(existing) not in ("", settings.uid):
            name = existing["Labels"].get(labels.NODE, "")
            raise NetworkConflict(f'the engine is that of node "{name}" already')
        if existing.get("Containers"):
            raise NetworkConflict(
                f'the pod network "{settings.name}" stands with {_pools(existing)} instead of '
                f"{settings.subnet}, and {len(existing['Containers'])} containers use it"
            )
        with self._engine.patient() as api:
            api.remove_network(existing["Id"])

    def _create(self, settings: NetworkSettings) -> None:
        import json

        from docker.errors import APIError

        with self._engine.patient() as api:
            answer = api.post(
                f"{api.base_url}/v{api.api_version}/networks/create",
                data=json.dumps(arguments(settings)),
                headers={"Content-Type": "application/json"},
                timeout=api.timeout,
            )
        if answer.status_code in (200, 201):
            return
        existing = self._inspect(settings.name)
        if existing is not None and self._matches(existing, settings):
            return  # another pass made it at the same moment
        if existing is not None and _owner(existing) not in ("", settings.uid):
            return  # for another node; the next look tells
        words = answer.json().get("message", answer.text)
        raise NetworkConflict(
            self._overlap(settings) or explanation(APIError(words, explanation=words))
        )

    def _overlap(self, settings: NetworkSettings) -> str:
        """Who stands in the way of the subnet, as a sentence; "" if nobody is found."""
        wanted = ipaddress.ip_network(settings.subnet)
        with self._engine.quick() as api:
            others = api.networks()
        for each in others:
            for pool in each.get("IPAM", {}).get("Config") or []:
                subnet = ipaddress.ip_network(pool.get("Subnet", "::/128"), strict=False)
                if subnet.version == wanted.version and subnet.overlaps(wanted):
                    return (
                        f"the pod network {settings.subnet} overlaps with the network "
                        f'"{each["Name"]}" ({subnet}) of this engine; remove that network, or '
                        "choose another cluster-cidr"
                    )
        return ""


def _owner(network: Object | None) -> str:
    return str(((network or {}).get("Labels") or {}).get(labels.NODE_UID, ""))


def _pools(existing: Object) -> str:
    pools = existing.get("IPAM", {}).get("Config") or []
    return ", ".join(str(each.get("Subnet")) for each in pools) or "no subnet"
