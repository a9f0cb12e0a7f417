"""Settings of one control plane: fixed at its birth, or changed by its owner.

They are stored beside the objects (not in them), since they say how this control plane
lives on its hosts, which no Kubernetes object describes.
"""

from __future__ import annotations

from types import MappingProxyType

DEFAULTS = MappingProxyType(
    {
        "cluster-id": "",
        "cluster-cidr": "",
        "service-cidr": "",
        "dns-address": "",
        "cluster-domain": "cluster.local",
        "node-port-range": "30000-32767",
        "relay-port-range": "29000-29999",
        "load-balancer-pool": "",
        "load-balancer": "haproxy",
        "image-distribution": "auto",
        "max-pods": "110",
        "pod-network": "auto",
        "vxlan-port": "8472",
        "node-monitor-grace-period": "5",
        "pod-eviction-timeout": "30",
        "event-ttl": "3600",
        "retain-revisions": "10000",
        "retain-seconds": "86400",
    }
)
"""Every built-in setting. Durations in seconds. The four empty ones are chosen when the
control plane is born (`kctl.reconcile.birth`): see docs/architecture.md, "Addresses"."""
