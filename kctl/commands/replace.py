"""kctl replace."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import dry_run, field_manager, filename, manager_of, output, validate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.context import Context
    from kctl.commands.objects import Found
    from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    from kctl.commands import files, objects
    from kctl.commands.create.generator import annotate, validation
    from kctl.commands.failure import described
    from kctl.commands.output import Result
    from kctl.commands.output import dry_run as dry_run_of

    files.required(args)
    if args["raw"]:
        raise UsageError("--raw is not supported: this control plane is a file, not a server")
    if args["grace-period"] >= 0 and not args["force"]:
        raise UsageError("--grace-period must have --force specified")
    if args["timeout"] and not args["force"]:
        raise UsageError("--timeout must have --force specified")
    dry = dry_run_of(ctx, args)
    strictness = validation(args)
    result = Result(ctx, args, dry=dry)
    manifests = files.read(ctx, args)
    if not manifests:
        raise UsageError("no objects passed to replace")
    if args["force"]:
        from kctl.commands.replace_by_force import replace_all

        return replace_all(ctx, args, manifests, result, strictness)
    findings = objects.Findings()
    done = 0
    for manifest in manifests:
        with findings.guard(), described(f'error when replacing "{manifest.source}"'):
            resource, namespace, name = objects.identify(
                ctx, objects.catalog(ctx), manifest.obj, manifest.source
            )
            if args["save-config"]:
                annotate(manifest.obj)
            found = objects.Found(resource, namespace, name, manifest.obj, manifest.source)
            obj = found.obj if dry == "client" else _update(ctx, args, found, dry, strictness)
            result.show(obj, "replaced")
            done += 1
    if done and dry == "none":
        ctx.out.flush()
        ctx.settle()
    return findings.finish()


def _update(ctx: Context, args: Args, found: Found, dry: str, strictness: str) -> dict[str, object]:
    meta = found.obj["metadata"]
    if found.namespace:
        meta.setdefault("namespace", found.namespace)
    made: dict[str, object] = ctx.plane.api.update(
        found.obj,
        subresource=args["subresource"],
        dry_run=dry == "server",
        validation=strictness,
        manager=manager_of(args),
    )
    return made


COMMAND = Command(
    name="replace",
    summary="Replace a resource by file name or stdin.",
    usage="replace -f FILENAME",
    examples="""
# Replace a pod using the data in pod.json
kctl replace -f ./pod.json

# Force replace, delete and then re-create the resource
kctl replace --force -f ./pod.json
""",
    options=(
        *output(),
        *filename("to use to replace the resource."),
        dry_run(),
        field_manager("kubectl-replace"),
        validate(),
        Option("cascade", default="background", bare="background", help="With --force."),
        Option("force", "bool", help="Delete the object and create it again."),
        Option("grace-period", "int", -1, "Seconds given to the resource to end; with --force."),
        Option("raw", help="Raw URI to PUT to the server."),
        Option("save-config", "bool", help="Keep the configuration in an annotation."),
        Option("subresource", help="Replace this subresource of the object."),
        Option("timeout", "duration", 0.0, "How long to wait for a delete; with --force."),
        Option("wait", "bool", help="Wait for resources to be gone before going on."),
    ),
    run=run,
)
