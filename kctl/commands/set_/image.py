"""`kctl set image`."""

from __future__ import annotations

import copy
from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.local import from_files
from kctl.commands.objects import Found, find
from kctl.commands.options import (
    all_namespaces,
    dry_run,
    field_manager,
    filename,
    manager_of,
    output,
    selector,
)
from kctl.commands.output import Result
from kctl.commands.output import dry_run as dry_run_of
from kctl.commands.parse import Args

Object = dict[str, Any]


def run(ctx: Context, args: Args) -> int:
    words, images = _split(args.positional)
    if args["local"] and not args["filename"]:
        raise UsageError(
            "you must specify resources by --filename when --local is set.\n"
            "Example resource specifications include:\n"
            "   '-f rsrc.yaml'\n   '--filename=rsrc.json'"
        )
    if not images:
        if not words and not args["filename"]:
            from kctl.commands.arguments import NOTHING_GIVEN

            raise UsageError(NOTHING_GIVEN)
        raise UsageError("at least one image update is required")
    if len(images) > 1 and "*" in images:
        raise UsageError(
            "all containers are already specified by *, but saw more than one "
            "container_name=container_image pairs"
        )
    findings = (
        from_files(ctx, args)
        if args["local"]
        else find(ctx, args, words=words, whole=args["all"], selects_all=args["all"])
    )
    dry = dry_run_of(ctx, args)
    result = Result(ctx, args, dry=dry)
    changed = False
    for found in findings:
        with findings.guard():
            changed = _set(ctx, args, found, images, result) or changed
    if changed:
        ctx.settle()
    return findings.finish()


def _split(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """TYPE NAME words, then CONTAINER=IMAGE words."""
    images = dict(word.split("=", 1) for word in words if "=" in word)
    return [word for word in words if "=" not in word], images


def pod_spec(obj: Object) -> Object | None:
    """The pod spec of a pod or of what has a pod template."""
    spec = obj.get("spec") or {}
    if obj["kind"] == "Pod":
        return spec
    found: Object | None = (spec.get("template") or {}).get("spec")
    return found


def _set(ctx: Context, args: Args, found: Found, images: dict[str, str], result: Result) -> bool:
    obj = copy.deepcopy(found.obj)
    spec = pod_spec(obj)
    if spec is None:
        plural = found.resource.resource.partition(".")[0]
        raise UsageError(
            f"{plural}/{found.name} the object is not a pod or does not have a pod template: "
            f"*{found.obj['apiVersion'].rpartition('/')[2]}.{found.obj['kind']}"
        )
    _apply(spec, images)
    if obj == found.obj:
        return False
    write = not args["local"] and result.dry != "client"
    if write:
        obj = _patch(ctx, args, found, spec, dry=result.dry == "server")
    result.show(obj, "image updated")
    return write and result.dry == "none"


def _patch(ctx: Context, args: Args, found: Found, spec: Object, *, dry: bool) -> Object:
    from kctl.api.errors import ApiError

    parts = "initContainers", "containers"
    patched: Object = {key: spec[key] for key in parts if spec.get(key)}
    nested = {"spec": patched if found.obj["kind"] == "Pod" else {"template": {"spec": patched}}}
    try:
        return ctx.plane.api.patch(
            found.resource.resource,
            found.name,
            found.namespace,
            nested,
            "strategic",
            dry_run=dry,
            manager=manager_of(args),
        )
    except ApiError as error:
        raise UsageError(
            f"failed to patch image update to pod template: {error.message}"
        ) from error


def _apply(spec: Object, images: dict[str, str]) -> None:
    everything = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    for name, image in images.items():
        chosen = [each for each in everything if name in ("*", each["name"])]
        if not chosen:
            raise UsageError(f'unable to find container named "{name}"')
        for each in chosen:
            each["image"] = image


COMMAND = Command(
    name="image",
    summary="Update the image of a pod template",
    usage="image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... "
    "CONTAINER_NAME_N=CONTAINER_IMAGE_N",
    examples="# A new image for container 'web' of a deployment\n"
    "kctl set image deployment/web web=nginx:1.29",
    options=(
        Option("all", "bool", help="Select all resources, in the namespace of the types"),
        all_namespaces(),
        dry_run(),
        field_manager("kubectl-set"),
        *filename("identifying the resource to get from a server."),
        Option("local", "bool", help="If true, work on the files alone."),
        *output(),
        selector(),
    ),
    arguments=("type", "name"),
    run=run,
)
