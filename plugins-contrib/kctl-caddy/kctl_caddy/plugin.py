"""Registers the load-balancer back end "caddy"."""

from __future__ import annotations

from kctl.network.types import LoadBalancer
from kctl.plugins.hookspecs import hookimpl


@hookimpl
def kctl_load_balancers() -> list[LoadBalancer]:
    from kctl_caddy.backend import CaddyLoadBalancer

    return [CaddyLoadBalancer()]
