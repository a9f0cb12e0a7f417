"""`kctl describe`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Findings, Found, catalog, find, listed
from kctl.commands.options import all_namespaces, filename, selector
from kctl.commands.parse import Args
from kctl.printing.describe.generic import GenericDescriber
from kctl.printing.types import Describer

Object = dict[str, Any]


class StoreRelated:
    """Implements `kctl.printing.types.Related` on the control plane."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.now: datetime = ctx.now()

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        from kctl.commands.objects import get

        return get(self._ctx, resource, namespace, name)

    def list(
        self, resource: str, namespace: str | None = None, *, label_selector: str = ""
    ) -> Sequence[Object]:
        return list(
            self._ctx.plane.api.list(resource, namespace, label_selector=label_selector).items
        )

    def events(self, obj: Object) -> Sequence[Object]:
        meta = obj["metadata"]
        # a kubelet's events carry the name of its node in place of the uid, others' do not
        uids = [meta["uid"], meta["name"]] if obj["kind"] == "Node" else [meta["uid"]]
        found = [
            event
            for uid in uids
            for event in self._ctx.plane.api.list(
                "events",
                meta.get("namespace") or None,
                field_selector=f"involvedObject.uid={uid},involvedObject.name={meta['name']}",
            ).items
        ]
        return sorted(found, key=lambda event: event.get("lastTimestamp") or "")


def run(ctx: Context, args: Args) -> int:
    ctx.refresh()
    if not args.positional and not args["filename"]:
        raise UsageError(
            'You must specify the type of resource to describe. Use "kctl api-resources" for a '
            "complete list of supported resources."
        )
    findings, by_prefix = _findings(ctx, args)
    describers = {each.resource: each for each in ctx.plane.plugins.describers()}
    related = StoreRelated(ctx)
    # as kubectl: not for many, and not for those found by the beginning of their name
    show_events = args["show-events"] and len(findings) == 1 and not by_prefix
    texts = []
    for found in findings:
        with findings.guard():
            describer: Describer = describers.get(
                found.resource.resource, GenericDescriber(found.resource.resource)
            )
            texts.append(describer.describe(found.obj, related, show_events=show_events))
    if by_prefix:
        ctx.out.write("".join(f"{text}\n" for text in texts))
    else:
        ctx.out.write("\n\n".join(texts))
    if not findings and not findings.errors and not args["ignore-not-found"]:
        where = f" in {ctx.namespace} namespace" if ctx.scope else ""
        ctx.err.write(f"No resources found{where}.\n")
    return findings.finish()


def _findings(ctx: Context, args: Args) -> tuple[Findings, bool]:
    """As `find`, but a name that is not there may be the beginning of one that is; True
    where it was."""
    findings = find(ctx, args, whole=True)
    if len(args.positional) == 2 and not findings and findings.errors:
        resource = catalog(ctx).resolve(args.positional[0])
        matching: list[Found] = [
            each
            for each in (listed(ctx, args, resource) if resource else [])
            if each.name.startswith(args.positional[1])
        ]
        if matching:
            findings.errors.clear()
            findings.extend(matching)
            return findings, True
    return findings, False


COMMAND = Command(
    name="describe",
    summary="Show details of a specific resource or group of resources",
    usage="describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
    examples="# A node, with what runs there\nkctl describe node\n"
    "# The pods whose name begins with 'web'\nkctl describe pod web",
    options=(
        all_namespaces(),
        Option("chunk-size", "int", 500, "Return large lists in chunks."),
        *filename("containing the resource to describe"),
        Option("ignore-not-found", "bool", help='Treat "resource not found" as a success.'),
        selector(),
        Option("show-events", "bool", True, "If true, display events related to the object."),
    ),
    arguments=("type", "name"),
    run=run,
)
