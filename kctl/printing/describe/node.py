"""`kctl describe node`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.printing.describe.node_resources import allocated_lines, pod_lines
from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines, long_time
from kctl.printing.describe.tolerations import taint_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]

ROLE_PREFIX = "node-role.kubernetes.io/"
LEASES = "leases.coordination.k8s.io"

SYSTEM_INFO = (
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
    ("Kube-Proxy Version", "kubeProxyVersion"),
)


class NodeDescriber:
    """Conditions, addresses, capacity, system, the pods on it and what they ask for."""

    resource = "nodes"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Roles:\t{_roles(meta.get('labels') or {})}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"CreationTimestamp:\t{long_time(meta.get('creationTimestamp'))}")
        taint_lines(out, spec.get("taints"))
        out.line(0, f"Unschedulable:\t{'true' if spec.get('unschedulable') else 'false'}")
        _lease(out, meta["name"], related)
        _conditions(out, status.get("conditions") or [])
        _addresses(out, status.get("addresses") or [])
        _amounts(out, "Capacity", status.get("capacity") or {})
        _amounts(out, "Allocatable", status.get("allocatable") or {})
        _system(out, status.get("nodeInfo") or {})
        if spec.get("podCIDR"):
            out.line(0, f"PodCIDR:\t{spec['podCIDR']}")
        if spec.get("podCIDRs"):
            out.line(0, f"PodCIDRs:\t{','.join(spec['podCIDRs'])}")
        if spec.get("providerID"):
            out.line(0, f"ProviderID:\t{spec['providerID']}")
        pods = _pods_on(meta["name"], related)
        allocatable = status.get("allocatable") or status.get("capacity") or {}
        pod_lines(out, pods, allocatable, related.now)
        allocated_lines(out, pods, allocatable)
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _roles(labels: Mapping[str, str]) -> str:
    roles = {key.removeprefix(ROLE_PREFIX) for key in labels if key.startswith(ROLE_PREFIX)}
    if labels.get("kubernetes.io/role"):
        roles.add(labels["kubernetes.io/role"])
    return ",".join(sorted(roles - {""})) or "<none>"


def _lease(out: Writer, name: str, related: Related) -> None:
    lease = related.get(LEASES, "kube-node-lease", name)
    if lease is None:
        out.line(0, f'Lease:\tFailed to get lease: {LEASES} "{name}" not found')
        return
    spec = lease.get("spec") or {}
    out.line(0, "Lease:")
    out.line(1, f"HolderIdentity:\t{spec.get('holderIdentity') or '<unset>'}")
    out.line(1, f"AcquireTime:\t{long_time(spec.get('acquireTime'))}")
    out.line(1, f"RenewTime:\t{long_time(spec.get('renewTime'))}")


def _conditions(out: Writer, conditions: list[Object]) -> None:
    if not conditions:
        return
    out.line(
        0,
        "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage",
    )
    out.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
    for each in conditions:
        out.line(
            1,
            f"{each['type']} \t{each['status']} \t{long_time(each.get('lastHeartbeatTime'))} \t"
            f"{long_time(each.get('lastTransitionTime'))} \t{safe(each.get('reason', ''))} \t"
            f"{safe(each.get('message', ''))}",
        )


def _addresses(out: Writer, addresses: list[Object]) -> None:
    out.line(0, "Addresses:")
    for each in addresses:
        out.line(1, f"{each['type']}:\t{each['address']}")


def _amounts(out: Writer, title: str, amounts: Mapping[str, Any]) -> None:
    if not amounts:
        return
    out.line(0, f"{title}:")
    for name in sorted(amounts):
        out.line(1, f"{name}:\t{amounts[name]}")


def _system(out: Writer, info: Mapping[str, str]) -> None:
    out.line(0, "System Info:")
    for title, field in SYSTEM_INFO:
        if field == "kubeProxyVersion" and not info.get(field):
            continue
        out.line(1, f"{title}:\t{safe(info.get(field, ''))}")


def _pods_on(node: str, related: Related) -> list[Object]:
    return [
        pod
        for pod in related.list("pods")
        if pod["spec"].get("nodeName") == node
        and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
    ]
