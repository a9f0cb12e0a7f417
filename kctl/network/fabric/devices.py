"""What a control plane's devices on a host are called: names of at most 15 characters that
nobody else's carry, so that several control planes stand side by side on one host."""

from __future__ import annotations

import hashlib


def bridge(cluster: str) -> str:
    """The bridge of the engine's pod network."""
    digest = hashlib.sha256(f"{cluster}/kctl-{cluster}".encode()).hexdigest()
    return f"kctl-{digest[:8]}"


def vxlan(cluster: str) -> str:
    """The device of the network between nodes that have no route to each other's pods."""
    return f"kctl-v{bridge(cluster).removeprefix('kctl-')}"


def vni(cluster: str) -> int:
    """The number of the cluster's VXLAN, 24 bits: another cluster may use the same UDP port.
    The lowest 4096 are left to networks that people number themselves."""
    digest = hashlib.sha256(f"vxlan/{cluster}".encode()).digest()
    return 4096 + int.from_bytes(digest[:4], "big") % (2**24 - 4096)
