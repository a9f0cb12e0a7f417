"""The one image of all fronts, made of this machine's own programs."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from kctl.network.types import ImageRecipe


@cache
def recipe() -> ImageRecipe:
    """Without iptables where this machine has none: "net" alone needs it, and says so."""
    haproxy = files("kctl.network.haproxy") / "entry"
    fabric = files("kctl.network.fabric") / "entry"
    return ImageRecipe(
        name="kctl-lb",
        binaries=("haproxy", "dnsmasq", "ip", "bridge", "sh", "mv", "rm", "sleep", "flock"),
        optional=("xtables-nft-multi", "xtables-legacy-multi"),
        plugins=("xtables/*.so",),
        files=(
            ("/kctl/lb.sh", (haproxy / "lb.sh").read_bytes(), 0o755),
            ("/kctl/dns.sh", (haproxy / "dns.sh").read_bytes(), 0o755),
            ("/kctl/hold.sh", (haproxy / "hold.sh").read_bytes(), 0o755),
            ("/kctl/net.sh", (fabric / "net.sh").read_bytes(), 0o755),
            # dnsmasq looks up the user that it is told to stay, HAProxy its local peer's name.
            ("/etc/passwd", b"root:x:0:0:root:/:/bin/sh\n", 0o644),
            ("/etc/group", b"root:x:0:\n", 0o644),
            ("/run/kctl/.keep", b"", 0o644),
        ),
        packages={
            "haproxy": "haproxy",
            "dnsmasq": "dnsmasq-base",
            "ip": "iproute2",
            "bridge": "iproute2",
            "sh": "dash",
            "mv": "coreutils",
            "rm": "coreutils",
            "sleep": "coreutils",
            "flock": "util-linux",
        },
    )
