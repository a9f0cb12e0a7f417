"""The address of a pod, and that of its node."""

from __future__ import annotations

from kctl.controllers.common import pod_finished
from kctl.controllers.pod.context import PodContext
from kctl.controllers.types import Object
from kctl.network.addresses import next_address
from kctl.runtime.observations import NodeObservation


class NoAddress(Exception):
    """The node has no address left, or no range to take one from."""


def host(context: PodContext) -> str:
    """The node's InternalIP, "" while it is not known."""
    return internal_address(context.node, context.seen)


def internal_address(node: Object | None, seen: NodeObservation | None) -> str:
    for each in ((node or {}).get("status") or {}).get("addresses") or ():
        if each["type"] == "InternalIP":
            return str(each["address"])
    for type_, address in seen.facts.addresses if seen and seen.facts else ():
        if type_ == "InternalIP":
            return address
    return ""


def address(context: PodContext) -> str:
    """The pod's address: the one it has, else the next of its node, which is then taken
    for the rest of this call. Raises NoAddress."""
    if context.pod["spec"].get("hostNetwork"):
        context.address = host(context)
        return context.address
    known = (context.pod.get("status") or {}).get("podIP") or context.address
    if known:
        context.address = known
        return str(known)
    cidr = ((context.node or {}).get("spec") or {}).get("podCIDR")
    if not cidr:
        raise NoAddress(f'node "{context.node_name}" has no podCIDR')
    used = _used(context)
    found = next_address(cidr, used)
    if found is None:
        raise NoAddress(f"no address is left in {cidr}")
    used.add(found)
    context.address = found
    return found


def _used(context: PodContext) -> set[str]:
    """Addresses that pods of the node hold, and those that containers still have whose
    pod is gone from the store."""
    node = context.node_name
    used = context.batch.addresses.get(node)
    if used is None:
        used = {
            pod["status"]["podIP"]
            for pod in context.view.on_node(node)
            if (pod.get("status") or {}).get("podIP")
            and not pod["spec"].get("hostNetwork")
            and not pod_finished(pod)
        }
        used.update(each.address for each in context.seen.pods.values() if each.address)
        context.batch.addresses[node] = used
    return used
