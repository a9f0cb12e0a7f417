"""What `label` and `annotate` share: KEY=VALUE and KEY- words, applied to metadata."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kctl.commands.command import Option, UsageError
from kctl.commands.context import Context
from kctl.commands.local import from_files
from kctl.commands.objects import Findings, Found, find
from kctl.commands.options import (
    all_namespaces,
    dry_run,
    field_manager,
    field_selector,
    filename,
    manager_of,
    output,
    selector,
)
from kctl.commands.output import Result
from kctl.commands.output import dry_run as dry_run_of
from kctl.commands.parse import Args

Object = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One of the two maps of metadata."""

    name: str
    """"labels" or "annotations" """
    noun: str
    check: Callable[[str, str], None]
    """Raises UsageError for a pair that may not be set."""
    report: Callable[[Object, Object], str]
    """The word for what happened, from the map before and after."""
    taken: Callable[[list[str]], str]
    """The refusal to overwrite, from "'KEY' already has a value (VALUE)" texts."""
    contradiction: Callable[[list[str]], str]
    """The refusal of keys that are both set and removed."""
    tells_missing: bool
    """Say so where a key that is to be removed is not there."""


@dataclass(frozen=True)
class Edit:
    """What the words ask for."""

    targets: list[str]
    sets: dict[str, str]
    removes: list[str]


def options(noun: str) -> tuple[Option, ...]:
    return (
        Option("all", "bool", help="Select all resources, in the namespace of the resource types"),
        all_namespaces(),
        dry_run(),
        field_manager(f"kubectl-{'label' if noun == 'label' else 'annotate'}"),
        field_selector(),
        *filename(f"identifying the resource to update the {noun}"),
        Option("list", "bool", help=f"If true, display the {noun}s for a given resource."),
        Option("local", "bool", help="If true, work on the files alone."),
        *output(),
        Option("overwrite", "bool", help=f"If true, allow {noun}s to be overwritten."),
        Option(
            "resource-version",
            help="If non-empty, succeed only if this is the current version of the object.",
        ),
        selector(),
    )


def read_words(words: Iterable[str], field: Field) -> Edit:
    """Split the words where the first KEY=VALUE or KEY- stands. Raises UsageError."""
    targets: list[str] = []
    sets: dict[str, str] = {}
    removes: list[str] = []
    changing = False
    for word in words:
        changing = changing or ("=" in word and not word.startswith("=")) or word.endswith("-")
        if not changing:
            targets.append(word)
        elif "=" in word and not word.startswith("="):
            _set(word, sets, field)
        elif word.endswith("-"):
            removes.append(word[:-1])
        else:
            raise UsageError(f"all resources must be specified before {field.noun} changes: {word}")
    both = [key for key in removes if key in sets]
    if both:
        raise UsageError(field.contradiction(both))
    return Edit(targets, sets, removes)


def _set(word: str, sets: dict[str, str], field: Field) -> None:
    key, _, value = word.partition("=")
    if field.noun == "label" and "=" in value:
        raise UsageError(f"invalid label spec: {word}")
    field.check(key, value)
    sets[key] = value


def edit(ctx: Context, args: Args, field: Field) -> int:
    """The whole of `label` and `annotate`."""
    change = read_words(args.positional, field)
    if not change.targets and not args["filename"]:
        raise UsageError(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>"
        )
    if not change.sets and not change.removes and not args["list"]:
        raise UsageError(f"at least one {field.noun} update is required")
    if args["local"] and not args["filename"]:
        raise UsageError(
            "can only use local files by -f pod.yaml or --filename=pod.json when --local=true "
            "is set"
        )
    findings = from_files(ctx, args) if args["local"] else _live(ctx, args, change)
    if args["resource-version"] and not findings.single:
        raise UsageError("--resource-version may only be used with a single resource")
    dry = dry_run_of(ctx, args)
    result = Result(ctx, args, dry=dry)
    changed = False
    for found in findings:
        with findings.guard():
            if args["list"]:
                _print_list(ctx, found, field, titled=not findings.single)
                continue
            changed = _edit_one(ctx, args, field, change, found, result) or changed
    if changed:
        ctx.settle()
    return findings.finish()


def _live(ctx: Context, args: Args, change: Edit) -> Findings:
    return find(
        ctx, args, words=change.targets, whole=args["list"] or args["all"], selects_all=args["all"]
    )


def _print_list(ctx: Context, found: Found, field: Field, *, titled: bool) -> None:
    """Sorted, where kubectl prints them as they come out of Go's maps."""
    pairs = found.obj["metadata"].get(field.name) or {}
    if titled:
        group = found.resource.resource.partition(".")[2]
        ctx.say(f"Listing {field.name} for {found.resource.kind}.{group}/{found.name}:")
    for key in sorted(pairs):
        ctx.say(f"{' ' if titled else ''}{key}={pairs[key]}")


def _edit_one(
    ctx: Context, args: Args, field: Field, change: Edit, found: Found, result: Result
) -> bool:
    """Change one object, print what happened; True when the store was written."""
    before = dict(found.obj["metadata"].get(field.name) or {})
    _refuse_overwriting(args, field, change, before)
    after = {**before, **change.sets}
    for key in change.removes:
        if after.pop(key, None) is None and field.tells_missing:
            ctx.say(f'{field.noun} "{key}" not found.')
    obj = copy.deepcopy(found.obj)
    obj["metadata"][field.name] = after
    write = not args["local"] and result.dry != "client"
    if write and (after != before or args["resource-version"]):
        obj = _patch(ctx, args, field, found, before, after, server_dry=result.dry == "server")
    result.show(obj, field.report(before, after))
    return write and result.dry == "none" and after != before


def _refuse_overwriting(args: Args, field: Field, change: Edit, before: Object) -> None:
    taken = [
        f"'{key}' already has a value ({before[key]})"
        for key, value in change.sets.items()
        if before.get(key, value) != value
    ]
    if taken and not args["overwrite"]:
        raise UsageError(field.taken(taken))


def _patch(
    ctx: Context,
    args: Args,
    field: Field,
    found: Found,
    before: Object,
    after: Object,
    *,
    server_dry: bool,
) -> Object:
    pairs: Object = {key: value for key, value in after.items() if before.get(key) != value}
    pairs.update(dict.fromkeys(before.keys() - after.keys()))
    meta: Object = {field.name: pairs}
    if args["resource-version"]:
        meta["resourceVersion"] = args["resource-version"]
    return ctx.plane.api.patch(
        found.resource.resource,
        found.name,
        found.namespace,
        {"metadata": meta},
        "merge",
        dry_run=server_dry,
        manager=manager_of(args),
    )
