"""`kctl autoscale`: a HorizontalPodAutoscaler for something that has replicas."""

from __future__ import annotations

import re
from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.files import read
from kctl.commands.objects import Findings, Found, catalog, find, identify
from kctl.commands.options import dry_run, field_manager, filename, manager_of, output
from kctl.commands.output import Result
from kctl.commands.output import dry_run as dry_run_of
from kctl.commands.parse import Args

Object = dict[str, Any]
_PLAIN = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_UNITS = {"cpu": "m", "memory": "Mi"}
"""Of an amount without one."""


def run(ctx: Context, args: Args) -> int:
    metrics = _checked(args)
    dry = dry_run_of(ctx, args)
    result = Result(ctx, args, typed=dry == "client", dry=dry)
    findings = _named(ctx, args)
    made = False
    for found in findings:
        with findings.guard():
            _check_scalable(ctx, found)
            autoscaler = build(ctx, args, found, metrics)
            if dry == "client":
                result.show(autoscaler, "created")
                continue
            autoscaler = ctx.plane.api.create(
                autoscaler,
                namespace=ctx.namespace,
                dry_run=dry == "server",
                manager=manager_of(args),
            )
            result.show(autoscaler, "autoscaled")
            made = dry == "none"
    if made:
        ctx.out.flush()
        ctx.settle()
    return findings.finish()


def _named(ctx: Context, args: Args) -> Findings:
    """What the words name; what files name need not be there yet."""
    if not args["filename"] or args.positional:
        return find(ctx, args)
    findings, known = Findings(), catalog(ctx)
    manifests = read(ctx, args)
    findings.single = len(manifests) == 1
    for each in manifests:
        with findings.guard():
            resource, namespace, name = identify(ctx, known, each.obj, each.source)
            findings.append(Found(resource, namespace, name, each.obj, each.source))
    return findings


def _checked(args: Args) -> list[Object]:
    """The metrics that the flags ask for. Raises UsageError with kubectl's texts."""
    least, most = args["min"], args["max"]
    if most < 1:
        raise UsageError(f"--max=MAXPODS is required and must be at least 1, max: {most}")
    if most < least:
        raise UsageError(
            f"--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}"
        )
    percent = args["cpu-percent"]
    if percent >= 0 and args["cpu"]:
        raise UsageError("--cpu-percent and --cpu are mutually exclusive")
    given = {
        "cpu": args["cpu"] or (f"{percent}%" if percent >= 0 else ""),
        "memory": args["memory"],
    }
    return [
        {"type": "Resource", "resource": {"name": name, "target": _target(name, text)}}
        for name, text in given.items()
        if text
    ]


def _target(name: str, text: str) -> Object:
    from kctl.api.quantity import canonical

    if text.endswith("%"):
        share = text.removesuffix("%")
        if not share.isascii() or not share.isdigit():
            raise UsageError(f"invalid percentage value: {share}")
        return {"type": "Utilization", "averageUtilization": int(share)}
    amount = text + _UNITS[name] if _PLAIN.fullmatch(text) else text
    try:
        return {"type": "AverageValue", "averageValue": canonical(amount)}
    except ValueError:
        raise UsageError(f"invalid resource {name} value: {text}") from None


def _check_scalable(ctx: Context, found: Found) -> None:
    kind = ctx.plane.kinds.by_resource(found.resource.resource)
    if kind.scale is None:
        what = f"{kind.group}/{kind.version}, Resource={kind.plural}"
        raise UsageError(
            f"cannot autoscale a {kind.kind}: could not find scale subresource for {what} in "
            "discovery information"
        )


def build(ctx: Context, args: Args, found: Found, metrics: list[Object]) -> Object:
    """The autoscaler of one object, its keys in the order of Kubernetes' types."""
    meta = {"name": args["name"] or found.name}
    if ctx.namespace_given:
        meta["namespace"] = ctx.namespace
    version = found.obj.get("apiVersion") or found.resource.api_version
    target = {"kind": found.resource.kind, "name": found.name, "apiVersion": version}
    spec: Object = {"scaleTargetRef": target}
    if args["min"] > 0:
        spec["minReplicas"] = args["min"]
    spec["maxReplicas"] = args["max"]
    if metrics:
        spec["metrics"] = metrics
    return {
        "kind": "HorizontalPodAutoscaler",
        "apiVersion": "autoscaling/v2",
        "metadata": meta,
        "spec": spec,
        "status": {"desiredReplicas": 0, "currentMetrics": None},
    }


COMMAND = Command(
    name="autoscale",
    summary="Auto-scale a deployment, replica set, stateful set, or replication controller",
    usage="autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS "
    "[--cpu=CPU] [--memory=MEMORY]",
    examples="""
# Between 2 and 10 pods of a deployment "foo", by the default policy
kctl autoscale deployment foo --min=2 --max=10

# Between 3 and 6 pods, with an average of 500m of CPU and 200Mi of memory
kctl autoscale deployment bar --min=3 --max=6 --cpu=500m --memory=200Mi

# Up to 8 pods that use 60% of the CPU and 70% of the memory that they ask for
kctl autoscale deployment bar --max=8 --cpu=60% --memory=70%
""",
    arguments=("TYPE", "NAME"),
    options=(
        *output(),
        *filename("identifying the resource to autoscale"),
        dry_run(),
        field_manager("kubectl-autoscale"),
        Option("cpu", help="The target: a percentage of the request, or an amount for each pod."),
        Option(
            "cpu-percent",
            "int",
            -1,
            "The target average CPU utilization in per cent.",
            hidden=True,
            deprecated="Use --cpu with percentage or resource quantity format (e.g., '70%' for "
            "utilization or '500m' for milliCPU).",
        ),
        Option("max", "int", -1, "The most pods.", required=True),
        Option("memory", help="The target: a percentage of the request, or an amount for a pod."),
        Option("min", "int", -1, "The fewest pods."),
        Option("name", help="The name for the newly created object."),
    ),
    run=run,
)
