"""The built-in load-balancer back ends, registered as a third party would its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kctl.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from kctl.network.types import LoadBalancer


@hookimpl
def kctl_load_balancers() -> list[LoadBalancer]:
    from kctl.network.haproxy.backend import HAProxyLoadBalancer

    return [HAProxyLoadBalancer()]
