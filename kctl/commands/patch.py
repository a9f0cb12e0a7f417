"""kctl patch."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import dry_run, field_manager, filename, manager_of, output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kctl.commands.context import Context
    from kctl.commands.objects import Found
    from kctl.commands.parse import Args

_TYPES = ("json", "merge", "strategic")


def run(ctx: Context, args: Args) -> int:
    from kctl.commands import objects
    from kctl.commands.output import Result
    from kctl.commands.output import dry_run as dry_run_of

    patch = _check(args)
    dry = dry_run_of(ctx, args)
    result = Result(ctx, args, dry=dry)
    findings = _manifests(ctx, args) if args["local"] else objects.find(ctx, args)
    if not findings and not findings.errors:
        raise UsageError("no objects passed to patch")
    changed = False
    for found in findings:
        with findings.guard():
            made = _patch(ctx, args, found, patch, dry)
            same = made["metadata"].get("resourceVersion") == found.obj["metadata"].get(
                "resourceVersion"
            )
            unchanged = same and made == found.obj
            changed |= not unchanged and not args["local"]
            result.show(made, "patched (no change)" if unchanged else "patched", found.label)
    if changed and dry == "none":
        ctx.out.flush()
        ctx.settle()
    return findings.finish()


def _check(args: Args) -> Any:
    """The patch as decoded JSON; YAML is taken too."""
    from pathlib import Path

    if args["patch"] and args["patch-file"]:
        raise UsageError("cannot specify --patch and --patch-file together")
    if not args["patch"] and not args["patch-file"]:
        raise UsageError(
            "must specify --patch or --patch-file containing the contents of the patch"
        )
    if args["local"] and args["dry-run"] == "server":
        raise UsageError(
            "cannot specify --local and --dry-run=server - did you mean --dry-run=client?"
        )
    if args["type"].lower() not in _TYPES:
        listed = " ".join(_TYPES)
        raise UsageError(f'--type must be one of [{listed}], not "{args["type"]}"')
    text = args["patch"]
    if args["patch-file"]:
        try:
            text = Path(args["patch-file"]).read_text()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(
                f"unable to read patch file: open {args['patch-file']}: {reason}"
            ) from None
    return parse(text)


def parse(text: str) -> Any:
    """JSON or YAML. Raises UsageError with kubectl's text."""
    from kctl.api.manifests import ManifestError, load

    try:
        documents = load(text, "patch")
    except ManifestError as error:
        reason = str(error).removeprefix("error parsing patch: ")
        reason = reason.removeprefix("error converting YAML to JSON: ")
        raise UsageError(f'unable to parse "{text}": {reason}') from None
    return documents[0].obj if documents else None


def _manifests(ctx: Context, args: Args) -> Any:
    """--local: what the files hold, and nothing of the control plane's state."""
    from kctl.commands import arguments, files, objects

    if not args["filename"]:
        raise UsageError(arguments.NOTHING_GIVEN)
    known = objects.catalog(ctx)
    findings = objects.Findings()
    for manifest in files.read(ctx, args):
        resource, namespace, name = objects.identify(ctx, known, manifest.obj, manifest.source)
        findings.append(objects.Found(resource, namespace, name, manifest.obj, manifest.source))
    return findings


def _patch(ctx: Context, args: Args, found: Found, patch: Any, dry: str) -> dict[str, Any]:
    made: dict[str, Any]
    kind = args["type"].lower()
    if args["local"] or dry == "client":
        from kctl.commands.local_patch import apply_locally

        return apply_locally(ctx, found, patch, kind)
    made = ctx.plane.api.patch(
        found.resource.resource,
        found.name,
        found.namespace,
        patch,
        kind,
        subresource=args["subresource"],
        dry_run=dry == "server",
        manager=manager_of(args),
    )
    return made


COMMAND = Command(
    name="patch",
    summary="Update fields of a resource using strategic merge patch, a JSON merge patch, or a "
    "JSON patch.",
    usage="patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
    examples="""
# Partially update a node using a strategic merge patch, specifying the patch as JSON
kctl patch node k8s-node-1 -p '{"spec":{"unschedulable":true}}'

# Update a container's image using a JSON patch with positional arrays
kctl patch pod valid-pod --type='json' -p='[{"op":"remove","path":"/metadata/labels/a"}]'
""",
    arguments=("TYPE", "NAME"),
    options=(
        *output(),
        *filename("identifying the resource to update"),
        dry_run(),
        field_manager("kubectl-patch"),
        Option("local", "bool", help="Patch the object of the file and print it; change nothing."),
        Option("patch", short="p", help="The patch to be applied to the resource."),
        Option("patch-file", help="A file containing a patch to be applied to the resource."),
        Option("subresource", help="Patch this subresource of the object."),
        Option("type", default="strategic", help="One of [json merge strategic]"),
    ),
    run=run,
)
