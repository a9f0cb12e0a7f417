"""The front "hold": addresses of the load-balancer pool that stand on this node.

A container in the host's network that keeps a route of type local for each of them (see
entry/hold.sh): the host then answers for the address on the network that it belongs to.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from kctl.network import checks
from kctl.network.image import recipe
from kctl.network.types import Front, Model

_DATA = "/etc/kctl-hold/addresses"


def hold(model: Model) -> Front | None:
    """None where the node holds no address. Raises checks.Unsafe."""
    if not model.pool_addresses:
        return None
    lines = [f"{checks.address(each)}\n" for each in sorted(model.pool_addresses)]
    metric = str(int(IPv4Address(model.front_address)))
    return Front(
        name="hold",
        image=recipe(),
        command=("sh", "/kctl/hold.sh", "run", metric),
        network="host",
        capabilities=("NET_ADMIN",),
        retire=("sh", "/kctl/hold.sh", "retire", metric),
        files={_DATA: "".join(lines).encode("ascii")},
        candidate={_DATA: f"{_DATA}.new"},
        activate=("sh", "/kctl/hold.sh", "take", metric),
        live=(_DATA,),
    )
