"""kctl apply: three-way, from the last-applied annotation, as kubectl applies."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import (
    dry_run,
    field_manager,
    filename,
    manager_of,
    output,
    selector,
    validate,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kctl.commands import files
    from kctl.commands.context import Context
    from kctl.commands.failure import Doing
    from kctl.commands.objects import Found
    from kctl.commands.output import Result
    from kctl.commands.parse import Args


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
    _check(args)
    dry = dry_run_of(ctx, args)
    strictness = validation(args)
    result = Result(ctx, args, dry=dry)
    manifests = _selected(args, files.read(ctx, args))
    if not manifests:
        raise UsageError("no objects passed to apply")
    findings = objects.Findings()
    changed = False
    seen: set[str] = set()
    visited: set[str] = set()
    for manifest in manifests:
        with findings.guard():
            resource, namespace, name = objects.identify(
                ctx, objects.catalog(ctx), manifest.obj, manifest.source
            )
            found = objects.Found(resource, namespace, name, manifest.obj, manifest.source)
            visited.add(namespace)
            wrote, made = _apply(ctx, args, result, found, strictness)
            changed |= wrote
            seen.add(made["metadata"].get("uid", ""))
    if args["prune"] and not findings.errors:
        changed |= _prune(ctx, args, result, seen, visited - {""})
    if changed and dry == "none":
        ctx.out.flush()
        ctx.settle()
    return findings.finish()


def _check(args: Args) -> None:
    """Refuse what does not go together or cannot be honoured."""
    from kctl.commands.apply_prune import check
    from kctl.commands.delete import cascade

    if args["server-side"]:
        from kctl.commands.apply_server_side import check as check_server_side

        check_server_side(args)
    elif args["force-conflicts"]:
        raise UsageError("--force-conflicts only works with --server-side")
    elif args["subresource"]:
        raise UsageError("--subresource can only be specified for --server-side")
    if args["grace-period"] == 0 and not args["force"]:
        raise UsageError("--grace-period=0 must have --force specified")
    cascade(args["cascade"])
    check(args)


def _prune(ctx: Context, args: Args, result: Result, seen: set[str], visited: set[str]) -> bool:
    from kctl.commands.apply_prune import prune
    from kctl.commands.delete import finish

    gone = prune(ctx, args, result, seen, visited)
    if gone and result.dry == "none" and args["wait"]:
        finish(ctx, gone, wait=True, timeout=args["timeout"])
    return bool(gone)


def _selected(args: Args, manifests: list[files.Manifest]) -> list[files.Manifest]:
    if not args["selector"]:
        return manifests
    from kctl.commands.selecting import label_test

    keep = label_test(args["selector"])
    return [
        each for each in manifests if keep((each.obj.get("metadata") or {}).get("labels") or {})
    ]


def _apply(
    ctx: Context, args: Args, result: Result, found: Found, strictness: str
) -> tuple[bool, dict[str, Any]]:
    """Create or patch one object: (True where something was written, the object)."""
    if args["server-side"]:
        return _on_server(ctx, args, result, found, strictness)
    from kctl.commands.apply_object import create, current, patch
    from kctl.commands.failure import Doing

    live = current(ctx, found)
    if live is None:
        made = create(ctx, found, result.dry, strictness, manager=manager_of(args))
        result.show(made, "created")
        return True, made
    try:
        made = patch(
            ctx,
            found,
            live,
            result.dry,
            strictness,
            overwrite=args["overwrite"],
            manager=manager_of(args),
        )
    except Doing as error:
        made = _by_force(ctx, args, result, found, strictness, error)
    _warn_if_deleting(ctx, made)
    same = made["metadata"].get("resourceVersion") == live["metadata"].get("resourceVersion")
    unchanged = made == live if result.dry != "none" else same
    result.show(made, "unchanged" if unchanged else "configured")
    return not unchanged, made


def _on_server(
    ctx: Context, args: Args, result: Result, found: Found, strictness: str
) -> tuple[bool, dict[str, Any]]:
    from kctl.commands.apply_server_side import Applier

    made = Applier(ctx, args, found, dry=result.dry == "server", strictness=strictness).run()
    _warn_if_deleting(ctx, made)
    result.show(made, "serverside-applied")
    return True, made


def _warn_if_deleting(ctx: Context, obj: dict[str, Any]) -> None:
    if obj["metadata"].get("deletionTimestamp"):
        name = obj["metadata"]["name"]
        ctx.err.write(
            f"Warning: Detected changes to resource {name} which is currently being deleted.\n"
        )


def _by_force(
    ctx: Context, args: Args, result: Result, found: Found, strictness: str, error: Doing
) -> dict[str, Any]:
    """--force: what cannot be changed is deleted and made anew; otherwise the error stands."""
    from kctl.api.errors import ApiError
    from kctl.commands.apply_object import recreate

    cause = error.error
    refused = isinstance(cause, ApiError) and cause.reason in ("Conflict", "Invalid")
    if not refused or not args["force"] or result.dry != "none":
        raise error
    return recreate(ctx, args, found, strictness)


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

# Apply it in the server, which knows who owns which field
kctl apply --server-side -f ./pod.json

# Apply the configuration from all files of a directory
kctl apply -R -f dir/

# Apply a directory, and delete what was applied from it before and is there no more
kctl apply -f dir/ --prune -l app=web
""",
    options=(
        *output(),
        *filename("that contains the configuration to apply"),
        selector(),
        dry_run(),
        field_manager("kubectl-client-side-apply"),
        validate(),
        Option("all", "bool", help="Select all resources of the types that are pruned."),
        Option(
            "cascade",
            default="background",
            bare="background",
            help="background, orphan or foreground; with --prune and --force.",
        ),
        Option("force", "bool", help="Delete and create again what cannot be changed in place."),
        Option("force-conflicts", "bool", help="Take over fields; with --server-side."),
        Option("grace-period", "int", -1, "Seconds given to the resource to end; with --force."),
        Option("openapi-patch", "bool", True, "Has no effect: schemas are always used."),
        Option("overwrite", "bool", True, "Resolve conflicts with what the file says."),
        Option("prune", "bool", help="Delete objects that the files no longer hold."),
        Option("prune-allowlist", "array", help="Kinds that --prune may delete."),
        Option("server-side", "bool", help="Apply runs in the server instead of the client."),
        Option("subresource", help="Apply this subresource of the object."),
        Option("timeout", "duration", 0.0, "How long to wait for deletions to be finished."),
        Option("wait", "bool", help="Wait for deletions to be finished."),
    ),
    run=run,
)
