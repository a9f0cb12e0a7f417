"""How a pod resolves names, and what it is called.

https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.controllers.types import Object, View
from kctl.runtime.operations import PodNetwork

_LABEL = 63
"""Longest host name."""


def pod_network(pod: Object, view: View, address: str) -> PodNetwork:
    spec = pod["spec"]
    hostname = host_name(pod)
    full = full_name(pod, view.setting("cluster-domain"))
    servers, searches, options = _resolver(pod, view)
    host_network = bool(spec.get("hostNetwork"))
    if host_network:
        hostname = str(spec.get("nodeName", ""))
    elif full and spec.get("setHostnameAsFQDN"):
        hostname = full
    aliases = [
        (entry["ip"], name)
        for entry in spec.get("hostAliases") or ()
        for name in entry.get("hostnames") or ()
    ]
    if full and not host_network:
        aliases.insert(0, (address, full))
    return PodNetwork(
        address=address,
        hostname=hostname,
        dns_servers=servers,
        dns_searches=searches,
        dns_options=options,
        host_aliases=tuple(aliases),
        host_network=host_network,
    )


def host_name(pod: Object) -> str:
    """spec.hostname or the pod's name, cut to what a host name may be."""
    override = pod["spec"].get("hostnameOverride")
    name = str(override or pod["spec"].get("hostname") or pod["metadata"]["name"])
    return name[:_LABEL].rstrip("-.") if len(name) > _LABEL else name


def full_name(pod: Object, domain: str) -> str:
    """ "web-0.web.default.svc.cluster.local" for a pod with a subdomain, else ""."""
    subdomain = pod["spec"].get("subdomain")
    if not subdomain:
        return ""
    return f"{host_name(pod)}.{subdomain}.{pod['metadata']['namespace']}.svc.{domain}"


def _resolver(pod: Object, view: View) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(servers, searches, options); all empty means: as the node does."""
    spec = pod["spec"]
    policy = spec.get("dnsPolicy") or "ClusterFirst"
    cluster = policy == "ClusterFirstWithHostNet" or (
        policy == "ClusterFirst" and not spec.get("hostNetwork")
    )
    servers: list[str] = []
    searches: list[str] = []
    options: dict[str, str | None] = {}
    if cluster:
        domain = view.setting("cluster-domain")
        namespace = pod["metadata"]["namespace"]
        servers = [view.setting("dns-address")]
        searches = [f"{namespace}.svc.{domain}", f"svc.{domain}", domain]
        options = {"ndots": "5"}
    config: Mapping[str, Any] = spec.get("dnsConfig") or {}
    servers += config.get("nameservers") or ()
    searches += config.get("searches") or ()
    for option in config.get("options") or ():
        options[option["name"]] = option.get("value")
    return (
        tuple(dict.fromkeys(servers)),
        tuple(dict.fromkeys(searches)),
        tuple(
            name if value in (None, "") else f"{name}:{value}" for name, value in options.items()
        ),
    )
