"""kctl apply: three-way, from the last-applied annotation, as kubectl applies."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import dry_run, field_manager, filename, output, selector, validate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.context import Context
    from kctl.commands.objects import Found
    from kctl.commands.output import Result
    from kctl.commands.parse import Args

_NOT_YET = ("prune", "prune-allowlist", "server-side", "force-conflicts")


def run(ctx: Context, args: Args) -> int:
    from kctl.commands import files, objects
    from kctl.commands.create.generator import validation
    from kctl.commands.output import Result
    from kctl.commands.output import dry_run as dry_run_of

    if args.positional:
        raise UsageError(
            f"Unexpected args: [{' '.join(args.positional)}]",
            hint="See 'kctl apply -h' for help and examples",
        )
    files.required(args)
    for name in _NOT_YET:
        if args[name]:
            raise UsageError(f"--{name} is not supported")
    if not args["overwrite"]:
        raise UsageError("--overwrite=false is not supported")
    dry = dry_run_of(ctx, args)
    strictness = validation(args)
    result = Result(ctx, args, dry=dry)
    manifests = _selected(args, files.read(ctx, args))
    if not manifests:
        raise UsageError("no objects passed to apply")
    findings = objects.Findings()
    changed = False
    for manifest in manifests:
        with findings.guard():
            resource, namespace, name = objects.identify(
                ctx, objects.catalog(ctx), manifest.obj, manifest.source
            )
            found = objects.Found(resource, namespace, name, manifest.obj, manifest.source)
            changed |= _apply(ctx, args, result, found, strictness)
    if changed and dry == "none":
        ctx.out.flush()
        ctx.settle()
    return findings.finish()


def _selected(args: Args, manifests: list[files.Manifest]) -> list[files.Manifest]:
    if not args["selector"]:
        return manifests
    from kctl.commands.selecting import label_test

    keep = label_test(args["selector"])
    return [
        each for each in manifests if keep((each.obj.get("metadata") or {}).get("labels") or {})
    ]


def _apply(ctx: Context, args: Args, result: Result, found: Found, strictness: str) -> bool:
    """Create or patch one object; True where something was written."""
    from kctl.commands.apply_object import create, current, patch

    live = current(ctx, found)
    if live is None:
        result.show(create(ctx, found, result.dry, strictness), "created")
        return True
    made = patch(ctx, found, live, result.dry, strictness)
    same = made["metadata"].get("resourceVersion") == live["metadata"].get("resourceVersion")
    unchanged = made == live if result.dry != "none" else same
    result.show(made, "unchanged" if unchanged else "configured")
    return not unchanged


if TYPE_CHECKING:
    from kctl.commands import files

COMMAND = Command(
    name="apply",
    summary="Apply a configuration to a resource by file name or stdin.",
    description="Apply a configuration to a resource by file name or stdin. The resource will be "
    "created if it doesn't exist yet.\n\n JSON and YAML formats are accepted.",
    usage="apply (-f FILENAME | -k DIRECTORY)",
    examples="""
# Apply the configuration in pod.json to a pod
kctl apply -f ./pod.json

# Apply the JSON passed into stdin to a pod
cat pod.json | kctl apply -f -

# Apply the configuration from all files of a directory
kctl apply -R -f dir/
""",
    options=(
        *output(),
        *filename("that contains the configuration to apply"),
        selector(),
        dry_run(),
        field_manager("kubectl-client-side-apply"),
        validate(),
        Option("all", "bool", help="Select all resources of the types that are pruned."),
        Option("cascade", default="background", bare="background", help="Used with --prune."),
        Option("force", "bool", help="Delete and create again what cannot be patched."),
        Option("force-conflicts", "bool", help="Take over fields; with --server-side."),
        Option("grace-period", "int", -1, "Seconds given to the resource to end; with --force."),
        Option("openapi-patch", "bool", True, "Has no effect: schemas are always used."),
        Option("overwrite", "bool", True, "Resolve conflicts with what the file says."),
        Option("prune", "bool", help="Delete objects that the files no longer hold."),
        Option("prune-allowlist", "array", help="Kinds that --prune may delete."),
        Option("server-side", "bool", help="Apply runs in the server instead of the client."),
        Option("subresource", help="Apply this subresource of the object."),
        Option("timeout", "duration", 0.0, "How long to wait for a delete; with --force."),
        Option("wait", "bool", help="Wait for deletions to be finished."),
    ),
    run=run,
)
