"""`kctl image prune`: remove what nobody uses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.image.options import nodes
from kctl.commands.parse import Args

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kctl.commands.image.nodes import Target
    from kctl.runtime.image_types import StoredImage

Object = dict[str, Any]


class Pruned(NamedTuple):
    """What one node lost, or would lose: (name or ID, image)."""

    removed: list[tuple[str, StoredImage]]
    errors: list[Exception]
    reclaimed: int
    """bytes"""


def run(ctx: Context, args: Args) -> int:
    if args.positional:
        raise UsageError("kctl image prune takes no arguments")
    from kctl.commands.image.nodes import Engines, human, label

    ctx.refresh()
    dry = args["dry-run"]
    kept = frozenset(_named_by_objects(ctx)) if args["all"] else frozenset()
    with Engines(ctx) as engines:
        targets = engines.chosen(args)
        results = engines.on_each(targets, partial(_prune, args["all"], kept, dry))
        for node, result in results.items():
            for name, image in result.removed:
                shown = label("" if name == image.id else name, image.id)
                ctx.say(f"{shown} removed from node {node}" + (" (dry run)" if dry else ""))
            for error in result.errors:
                engines.fail(node, error)
        if not dry:
            reclaimed = sum(result.reclaimed for result in results.values())
            ctx.say(f"Total reclaimed space: {human(reclaimed)}")
        return engines.code


def _prune(everything: bool, kept: frozenset[str], dry: bool, target: Target) -> Pruned:
    from kctl.runtime.image_types import ImageError

    store = target.images
    listed = unneeded(store.list(used=True), everything, kept)
    if dry or not listed:
        return Pruned(listed, [], 0)
    before = store.disk_usage()
    removed: list[tuple[str, StoredImage]] = []
    errors: list[Exception] = []
    for name, image in listed:
        try:
            store.remove(name)
            removed.append((name, image))
        except ImageError as error:
            errors.append(error)
    return Pruned(removed, errors, max(before - store.disk_usage(), 0))


def unneeded(
    images: Sequence[StoredImage], everything: bool, kept: frozenset[str]
) -> list[tuple[str, StoredImage]]:
    """What to remove, by name, or by ID where there is none: images without a name, or
    all (`everything`), of which there are no containers. `kept` are names to leave alone,
    with their tags. An image with a name to keep keeps its other names."""
    found: list[tuple[str, StoredImage]] = []
    for image in sorted(images, key=lambda each: (each.names, each.id)):
        if image.used:
            continue
        if not image.names and not image.digests:
            found.append((image.id, image))
        elif everything and not kept & {*image.names, *image.digests}:
            found += [(name, image) for name in image.names or image.digests]
    return found


def _named_by_objects(ctx: Context) -> Iterator[str]:
    """The images that pods and workloads of this control plane name, as engines do."""
    from kctl.runtime.docker.images import ImageProblem, familiar

    for kind in ctx.plane.kinds:
        for obj in ctx.plane.api.list(kind, None).items:
            for image in images_of(obj):
                try:
                    yield familiar(image)
                except ImageProblem:
                    continue  # no engine has it


def images_of(obj: Object) -> Iterator[str]:
    """The images that a pod, or the template of a workload, names. What a workload scaled
    down to nothing names (an old revision) does not count."""
    spec = obj.get("spec")
    if not isinstance(spec, dict) or spec.get("replicas") == 0:
        return
    template: Any = spec.get("jobTemplate", obj)
    template = template.get("spec", {}).get("template", template)
    yield from _of_containers(template.get("spec") or {})


def _of_containers(spec: Object) -> Iterable[str]:
    for part in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(part) or ():
            if isinstance(container, dict) and container.get("image"):
                yield str(container["image"])


COMMAND = Command(
    name="prune",
    summary="Remove images that are not used",
    usage="prune [--nodes=NODE,... | -l label] [--all] [--dry-run]",
    description="Remove images without a name from nodes; with --all, every image of which there "
    "is no container. What a pod or a workload of this control plane names is kept, except by "
    "workloads that are scaled down to nothing.",
    examples="# What was replaced by newer images of the same name\nkctl image prune\n"
    "# Show what --all would remove\nkctl image prune --all --dry-run",
    options=(
        *nodes(),
        Option("all", "bool", short="a", help="Remove images with a name, too."),
        Option("dry-run", "bool", help="Only show what would be removed."),
    ),
    run=run,
)
