"""kctl delete."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import all_namespaces, dry_run, field_selector, filename, selector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.context import Context
    from kctl.commands.objects import Findings, Found
    from kctl.commands.parse import Args

_IMMEDIATE = (
    "Immediate deletion does not wait for confirmation that the running resource has been "
    "terminated. The resource may continue to run on the cluster indefinitely."
)


def run(ctx: Context, args: Args) -> int:
    from kctl.commands import objects
    from kctl.commands.output import dry_run as dry_run_of

    dry = dry_run_of(ctx, args)
    propagation = cascade(args["cascade"])
    grace = _check(args)
    if args["all"] or args["selector"]:
        args["ignore-not-found"] = True
    findings = objects.find(ctx, args, selects_all=args["all"])
    if args["interactive"] and findings and not _agreed(ctx, findings):
        ctx.say("deletion is cancelled")
        return findings.finish()
    if grace == 0 and findings:
        ctx.warn(_IMMEDIATE)
    if not findings and not findings.errors:
        ctx.say("No resources found")
        return 0
    deleted: list[Found] = []
    for found in findings:
        with findings.guard():
            _delete(ctx, args, found, propagation, grace, dry)
            deleted.append(found)
    if deleted and dry == "none":
        ctx.out.flush()
        finish(ctx, deleted, wait=args["wait"], timeout=args["timeout"])
    return findings.finish()


def _check(args: Args) -> int | None:
    """The grace period to ask for; None leaves it to the object."""
    grace: int = args["grace-period"]
    if args["raw"]:
        raise UsageError("--raw is not supported: this control plane is a file, not a server")
    if args["output"] not in ("", "name"):
        raise UsageError(f"unexpected -o output mode: {args['output']}. We only support '-o name'")
    if args["all"] and args["field-selector"]:
        raise UsageError("cannot set --all and --field-selector at the same time")
    if args["now"]:
        if grace != -1:
            raise UsageError("--now and --grace-period cannot be specified together")
        grace = 1
    if args["force"] and grace > 0:
        raise UsageError("--force and --grace-period greater than 0 cannot be specified together")
    if grace == 0 and not args["force"]:
        return 1  # as kubectl: without --force, deletion is always confirmed
    if args["force"]:
        return 0
    return grace if grace >= 0 else None


def cascade(word: str) -> str:
    """The propagation policy of --cascade."""
    policies = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}
    if word in policies:
        return policies[word]
    raise UsageError(
        f'invalid cascade value ({word}). Must be "background", "foreground", or "orphan"'
    )


def _delete(
    ctx: Context, args: Args, found: Found, propagation: str, grace: int | None, dry: str
) -> None:
    if dry != "client":
        ctx.plane.api.delete(
            found.resource.resource,
            found.name,
            found.namespace,
            propagation=propagation,
            grace=grace,
            dry_run=dry == "server",
        )
    tell(ctx, found, "force deleted" if grace == 0 else "deleted", dry, name=args["output"])


def tell(ctx: Context, found: Found, operation: str, dry: str, *, name: str = "") -> None:
    """What kubectl says of one deleted object."""
    from kctl.commands.output import DRY_RUN

    if name == "name":
        ctx.say(found.label)
        return
    where = f" from {found.namespace} namespace" if found.namespace else ""
    ctx.say(f'{found.resource.type_name} "{found.name}" {operation}{where}{DRY_RUN[dry]}')


def finish(ctx: Context, deleted: list[Found], *, wait: bool, timeout: float) -> None:
    """Run the passes that the deletion needs; with `wait`, until the objects are gone.
    Raises UsageError when the time is over."""
    if not wait:
        ctx.settle()
        return

    def left() -> list[Found]:
        return [each for each in deleted if still_there(ctx, each)]

    ctx.settle(until=lambda: not left(), timeout=timeout or None)
    _warn_of_leftovers(ctx, deleted)
    remaining = left() if timeout else []
    if remaining:
        first = remaining[0]
        raise UsageError(
            f"timed out waiting for the condition on {first.resource.plural}/{first.name}"
        )


def _warn_of_leftovers(ctx: Context, deleted: list[Found]) -> None:
    """What nodes left on hosts that could not be cleaned."""
    nodes = {each.obj["metadata"].get("uid") for each in deleted if each.resource.kind == "Node"}
    if not nodes:
        return
    from kctl.controllers.node_leaving import NOT_CLEANED

    for event in ctx.plane.api.list("events", "default").items:
        if event["reason"] == NOT_CLEANED and event["involvedObject"].get("uid") in nodes:
            ctx.warn(event["message"])


def still_there(ctx: Context, found: Found) -> bool:
    """The very object (by its uid) is still stored."""
    from kctl.commands import objects

    now = objects.get(ctx, found.resource, found.namespace, found.name)
    return now is not None and now["metadata"].get("uid") == found.obj["metadata"].get("uid")


def _agreed(ctx: Context, findings: Findings) -> bool:
    ctx.say(f"You are about to delete the following {len(findings)} resource(s):")
    for found in findings:
        ctx.say(found.label)
    ctx.out.write("Do you want to continue? (y/N): ")
    ctx.out.flush()
    return ctx.stdin.readline().strip() in ("y", "Y")


COMMAND = Command(
    name="delete",
    summary="Delete resources by file names, stdin, resources and names, or by resources and "
    "label selector.",
    usage="delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])",
    examples="""
# Delete a pod using the type and name specified in pod.json
kctl delete -f ./pod.json

# Delete pods and services with same names "baz" and "foo"
kctl delete pod,service baz foo

# Delete pods and services with label name=myLabel
kctl delete pods,services -l name=myLabel

# Delete a pod with minimal delay
kctl delete pod foo --now

# Force delete a pod on a dead node
kctl delete pod foo --force
""",
    arguments=("TYPE", "NAME"),
    options=(
        *filename("containing the resource to delete."),
        selector(),
        field_selector(),
        all_namespaces(),
        dry_run(),
        Option("all", "bool", help="Delete all resources, in the namespace, of the given types."),
        Option(
            "cascade",
            default="background",
            bare="background",
            help='Must be "background", "orphan", or "foreground".',
        ),
        Option("force", "bool", help="Remove resources at once and bypass graceful deletion."),
        Option("grace-period", "int", -1, "Seconds given to the resource to end gracefully."),
        Option("ignore-not-found", "bool", help='Treat "resource not found" as a success.'),
        Option("interactive", "bool", short="i", help="Delete only after a confirmation."),
        Option("now", "bool", help="Signal for immediate shutdown (--grace-period=1)."),
        Option("output", short="o", help="Output mode. Use -o name for shorter output."),
        Option("raw", help="Raw URI to DELETE to the server."),
        Option("timeout", "duration", 0.0, "How long to wait before giving up on a delete."),
        Option("wait", "bool", True, "Wait for resources to be gone before returning."),
    ),
    run=run,
)
