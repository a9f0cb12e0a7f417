"""The settings of a control plane, chosen once when it is born.

The pod network must not overlap with anything that the machine already routes, so its
range is the first free one of a list; the choice is stored and never changes, because
addresses in it are in use from then on.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import struct
from collections.abc import Mapping
from pathlib import Path

from kctl.api.settings import DEFAULTS
from kctl.network.addresses import choose_cluster_cidr, layout
from kctl.network.pool import Pool
from kctl.network.ways import MODES
from kctl.plugins.manager import Plugins
from kctl.reconcile.clock import Randomness
from kctl.store.store import Store

FIXED = frozenset({"cluster-id", "cluster-cidr", "service-cidr", "dns-address", "cluster-domain"})
"""Settings that what runs already depends on."""

DISTRIBUTIONS = ("auto", "fallback", "off")
"""Whether an image comes from another host before the registry, after it, or never."""


def ensure_settings(store: Store, plugins: Plugins, randomness: Randomness) -> dict[str, str]:
    """The settings: what is stored over what is the default. Born here if there are none."""
    stored = store.meta_get("settings")
    if stored is None:
        stored = store.meta_put_absent("settings", json.dumps(_born(randomness)))
    chosen: dict[str, str] = json.loads(stored)
    added = {name: str(value) for name, value in plugins.settings().items()}
    return {**DEFAULTS, **added, **chosen}


def _born(randomness: Randomness) -> Mapping[str, str]:
    cidr = os.environ.get("KCTL_CLUSTER_CIDR") or choose_cluster_cidr(_routes(), _nameservers())
    service_cidr, dns_address = layout(cidr)
    return {
        "cluster-id": randomness.uid().split("-")[0],
        "cluster-cidr": cidr,
        "service-cidr": service_cidr,
        "dns-address": dns_address,
    }


def change_setting(store: Store, plugins: Plugins, name: str, value: str) -> None:
    """Store one setting; a pass that begins later follows it. ValueError says why not."""
    if name in FIXED:
        raise ValueError("it was chosen when this control plane was born, and stays")
    if name in DEFAULTS and DEFAULTS[name].isdigit() and not value.isdigit():
        raise ValueError(f"{value!r} is not a number")
    if name in ("node-port-range", "relay-port-range"):
        low, dash, high = value.partition("-")
        if not (dash and low.isdigit() and high.isdigit() and 0 < int(low) < int(high) < 65536):
            raise ValueError(f"{value!r} is not a range of ports such as 30000-32767")
    if name == "vxlan-port" and not 0 < int(value) < 65536:
        raise ValueError(f"{value!r} is not a port")
    if name == "pod-network" and value not in ("auto", *MODES):
        raise ValueError(f"{value!r} is none of: auto, {', '.join(MODES)}")
    if name == "load-balancer-pool":
        Pool(value)
    if name == "load-balancer":
        known = sorted(each.name for each in plugins.load_balancers())
        if value not in known:
            raise ValueError(f"{value!r} is none of: {', '.join(known)}")
    if name == "image-distribution" and value not in DISTRIBUTIONS:
        raise ValueError(f"{value!r} is none of: {', '.join(DISTRIBUTIONS)}")
    chosen = json.loads(store.meta_get("settings") or "{}")
    chosen[name] = value
    store.meta_put("settings", json.dumps(chosen))


def _routes() -> list[str]:
    """The networks that this machine routes now, as CIDRs, without the default route."""
    networks = []
    try:
        lines = Path("/proc/net/route").read_text().splitlines()[1:]
    except OSError:
        return []
    for line in lines:
        fields = line.split()
        address = socket.inet_ntoa(struct.pack("<I", int(fields[1], 16)))
        mask = socket.inet_ntoa(struct.pack("<I", int(fields[7], 16)))
        if mask != "0.0.0.0":
            networks.append(str(ipaddress.ip_network(f"{address}/{mask}", strict=False)))
    return networks


def _nameservers() -> list[str]:
    try:
        lines = Path("/etc/resolv.conf").read_text().splitlines()
    except OSError:
        return []
    return [
        line.split()[1] for line in lines if line.startswith("nameserver ") and line.split()[1:]
    ]
