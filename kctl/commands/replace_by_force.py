"""replace --force: delete what is there, wait until it is gone, create it again."""

from __future__ import annotations

from kctl.commands import objects
from kctl.commands.context import Context
from kctl.commands.delete import cascade, finish, tell
from kctl.commands.files import Manifest
from kctl.commands.objects import Found
from kctl.commands.options import manager_of
from kctl.commands.output import Result
from kctl.commands.parse import Args


def replace_all(
    ctx: Context, args: Args, manifests: list[Manifest], result: Result, strictness: str
) -> int:
    known = objects.catalog(ctx)
    places = [objects.identify(ctx, known, each.obj, each.source) for each in manifests]
    dry = result.dry
    grace = args["grace-period"] if args["grace-period"] >= 0 else 0
    gone: list[Found] = []
    for resource, namespace, name in places:
        obj = objects.get(ctx, resource, namespace, name)
        if obj is None:
            continue
        if dry == "none":
            ctx.plane.api.delete(
                resource.resource,
                name,
                namespace,
                propagation=cascade(args["cascade"]),
                grace=grace,
            )
        gone.append(Found(resource, namespace, name, obj))
        if not args["output"]:
            tell(ctx, gone[-1], "force deleted" if grace == 0 else "deleted", dry)
    if gone and dry == "none":
        finish(ctx, gone, wait=True, timeout=args["timeout"])
    for manifest, (_, namespace, _) in zip(manifests, places, strict=True):
        obj = manifest.obj
        if dry == "none":
            obj["metadata"].pop("resourceVersion", None)
            obj = ctx.plane.api.create(
                obj, namespace=namespace, validation=strictness, manager=manager_of(args)
            )
        result.show(obj, "replaced")
    if dry == "none":
        ctx.out.flush()
        ctx.settle()
    return 0
