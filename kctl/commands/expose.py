"""kctl expose: a service in front of what runs."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import dry_run, field_manager, filename, manager_of, output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kctl.commands.context import Context
    from kctl.commands.objects import Found
    from kctl.commands.parse import Args

_EXPOSABLE = ("pods", "services", "deployments.apps", "replicasets.apps", "replicationcontrollers")


def run(ctx: Context, args: Args) -> int:
    from kctl.commands import objects
    from kctl.commands.output import Result
    from kctl.commands.output import dry_run as dry_run_of

    dry = dry_run_of(ctx, args)
    result = Result(ctx, args, typed=dry == "client", dry=dry)
    findings = objects.find(ctx, args)
    made = False
    for found in findings:
        with findings.guard():
            service = build(ctx, args, found)
            if dry != "client":
                service = ctx.plane.api.create(
                    service,
                    namespace=ctx.namespace,
                    dry_run=dry == "server",
                    manager=manager_of(args),
                )
            result.show(service, "exposed")
            made = True
    if made and dry == "none":
        ctx.out.flush()
        ctx.settle()
    return findings.finish()


def build(ctx: Context, args: Args, found: Found) -> dict[str, Any]:
    """The Service for one object. Raises UsageError with kubectl's texts."""
    from kctl.commands.overrides import overridden
    from kctl.commands.service_ports import service_ports

    if found.resource.resource not in _EXPOSABLE:
        raise UsageError(f"cannot expose a {_group_kind(found)}")
    name = args["name"] or found.name[:63]
    selector = _pairs(args["selector"]) if args["selector"] else _selector_of(found)
    labels = _pairs(args["labels"]) if args["labels"] else found.obj["metadata"].get("labels")
    spec: dict[str, Any] = {"ports": service_ports(args, found.obj), "selector": selector}
    if args["cluster-ip"]:
        spec["clusterIP"] = args["cluster-ip"]
    if args["type"]:
        spec["type"] = args["type"]
    if args["external-ip"]:
        spec["externalIPs"] = [args["external-ip"]]
    if args["session-affinity"]:
        if args["session-affinity"] not in ("ClientIP", "None"):
            raise UsageError(f"unknown session affinity: {args['session-affinity']}")
        spec["sessionAffinity"] = args["session-affinity"]
    if args["type"] == "LoadBalancer" and args["load-balancer-ip"]:
        spec["loadBalancerIP"] = args["load-balancer-ip"]
    meta: dict[str, Any] = {"name": name}
    if ctx.namespace_given:
        meta["namespace"] = ctx.namespace
    if labels:
        meta["labels"] = dict(sorted(labels.items()))
    service = {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": meta,
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    return overridden(ctx, service, args)


def _group_kind(found: Found) -> str:
    group = found.resource.group
    return f"{found.resource.kind}.{group}" if group else found.resource.kind


def _pairs(text: str) -> dict[str, str]:
    """ "a=b,c=d"."""
    pairs = {}
    for each in text.split(","):
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise UsageError(f"unexpected label spec: {each}")
        pairs[key] = value
    return pairs


def _selector_of(found: Found) -> dict[str, str]:
    where = "couldn't retrieve selectors via --selector flag or introspection: "
    obj, kind = found.obj, found.resource.kind
    if kind == "Pod":
        labels: dict[str, str] = obj["metadata"].get("labels") or {}
        if not labels:
            raise UsageError(where + "the pod has no labels and cannot be exposed")
        return labels
    selector = (obj.get("spec") or {}).get("selector") or {}
    if kind == "Service":
        if not selector:
            raise UsageError(where + "the service has no pod selector set")
        return dict(selector)
    if selector.get("matchExpressions"):
        raise UsageError(
            f'{where}couldn\'t convert expressions - "{selector["matchExpressions"]}" to '
            "map-based selector format"
        )
    if not selector.get("matchLabels"):
        what = {"Deployment": "deployment", "ReplicaSet": "replicaset"}.get(kind, kind)
        raise UsageError(f"{where}invalid {what}: no selectors, therefore cannot be exposed")
    return dict(selector["matchLabels"])


COMMAND = Command(
    name="expose",
    summary="Expose a resource as a new Kubernetes service.",
    usage="expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] "
    "[--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] "
    "[--type=type]",
    examples="""
# Create a service for a deployment, which serves on port 80 and connects on port 8000
kctl expose deployment nginx --port=80 --target-port=8000

# Create a service for a pod, with the name "frontend"
kctl expose pod valid-pod --port=444 --name=frontend
""",
    arguments=("TYPE", "NAME"),
    options=(
        *output(),
        *filename("identifying the resource to expose a service"),
        dry_run(),
        field_manager("kubectl-expose"),
        Option("cluster-ip", help="ClusterIP to be assigned to the service, 'None' for headless."),
        Option("external-ip", help="Additional external IP address of the service."),
        Option("labels", short="l", help="Labels to apply to the service created by this call."),
        Option("load-balancer-ip", help="IP to assign to the LoadBalancer."),
        Option("name", help="The name for the newly created object."),
        Option("override-type", default="merge", help="json, merge, or strategic."),
        Option("overrides", help="An inline JSON override for the generated object."),
        Option("port", help="The port that the service should serve on."),
        Option("protocol", help="The network protocol for the service. Default is 'TCP'."),
        Option("selector", help="A label selector to use for this service."),
        Option("session-affinity", help="Session affinity: 'None', 'ClientIP'"),
        Option("target-port", help="Name or number of the container's port."),
        Option("type", help="ClusterIP, NodePort, LoadBalancer, or ExternalName."),
    ),
    run=run,
)
