"""kctl create -f."""

from __future__ import annotations

from kctl.commands import files, objects
from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import annotate, validation
from kctl.commands.failure import described
from kctl.commands.files import Manifest
from kctl.commands.options import manager_of
from kctl.commands.output import Result, dry_run
from kctl.commands.parse import Args


def create_all(ctx: Context, args: Args) -> int:
    """Create every object of the files; an error about one does not stop the others."""
    files.required(args)
    if args["raw"]:
        raise UsageError("--raw is not supported: this control plane is a file, not a server")
    dry = dry_run(ctx, args)
    strictness = validation(args)
    result = Result(ctx, args, dry=dry, parted=True)
    manifests = files.read(ctx, args)
    if args["edit"]:
        from kctl.commands.editor import edit_manifests

        manifests = edit_manifests(ctx, manifests)
    if args["selector"]:
        from kctl.commands.selecting import label_test

        keep = label_test(args["selector"])
        manifests = [
            each for each in manifests if keep(each.obj.get("metadata", {}).get("labels") or {})
        ]
    if not manifests:
        raise UsageError("no objects passed to create")
    findings = objects.Findings()
    made = 0
    for manifest in manifests:
        with findings.guard(), described(f'error when creating "{manifest.source}"'):
            _create(ctx, args, result, manifest, dry, strictness)
            made += 1
    if made and dry == "none":
        ctx.out.flush()
        ctx.settle()
    return findings.finish()


def _create(
    ctx: Context, args: Args, result: Result, manifest: Manifest, dry: str, strictness: str
) -> None:
    resource, namespace, _ = objects.identify(
        ctx, objects.catalog(ctx), manifest.obj, manifest.source
    )
    obj = manifest.obj
    if args["save-config"]:
        annotate(obj)
    if dry == "client":
        if resource.namespaced:
            obj.setdefault("metadata", {}).setdefault("namespace", namespace)
        result.show(obj, "created")
        return
    made = ctx.plane.api.create(
        obj,
        namespace=namespace,
        dry_run=dry == "server",
        validation=strictness,
        manager=manager_of(args),
    )
    result.show(made, "created")
