"""The pod network of a node, from the node and the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kctl.network.addresses import gateway
from kctl.runtime.operations import NetworkSettings

Object = dict[str, Any]


def network_of(node: Object, setting: Callable[[str], str]) -> NetworkSettings:
    """`setting` answers a setting's value by its name."""
    pod_cidr = node["spec"]["podCIDR"]
    cluster = setting("cluster-id")
    return NetworkSettings(
        name=f"kctl-{cluster}",
        subnet=setting("cluster-cidr"),
        pod_cidr=pod_cidr,
        gateway=gateway(pod_cidr),
        cluster=cluster,
        node=node["metadata"]["name"],
        uid=node["metadata"].get("uid", ""),
    )
