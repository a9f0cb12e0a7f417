"""`kctl image load`: from this machine, a file or a node to nodes."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.image.options import nodes
from kctl.commands.parse import Args

if TYPE_CHECKING:
    from kctl.commands.image.nodes import Engines, Target
    from kctl.commands.image.progress import Meter
    from kctl.runtime.image_archive import ArchivedImage

_ARCHIVE = re.compile(r"(\.{0,2}/.*|.*\.(tar|tgz|tar\.(gz|bz2|xz))|-)", re.DOTALL)


def is_archive(word: str) -> bool:
    """A path, by its beginning or its end; "-" is the standard input."""
    return _ARCHIVE.fullmatch(word) is not None


def run(ctx: Context, args: Args) -> int:
    words = args.positional
    if not words:
        raise UsageError(
            "USAGE: load IMAGE|ARCHIVE... [flags]",
            hint="See 'kctl image load -h' for help and examples",
        )
    if args.given("from") and any(is_archive(word) for word in words):
        raise UsageError("--from is for names of images; an archive comes from its file")
    from kctl.commands.image.nodes import FAILURES, Engines
    from kctl.commands.image.progress import Meter

    ctx.refresh()
    with Engines(ctx) as engines, Meter(ctx.err) as meter:
        targets = engines.chosen(args)
        for word in words:
            try:
                with _images(engines, args, word, meter) as images:
                    for group in _by_names(images):
                        _load(ctx, engines, targets, group, meter)
            except FAILURES as error:
                engines.refuse(f"{word}: {error}" if is_archive(word) else str(error))
            except OSError as error:
                where = "/dev/stdin" if word == "-" else word
                engines.refuse(f"open {where}: {(error.strerror or str(error)).lower()}")
        return engines.code


@contextlib.contextmanager
def _images(
    engines: Engines, args: Args, word: str, meter: Meter
) -> Iterator[Sequence[ArchivedImage]]:
    """What one word names."""
    if not is_archive(word):
        with engines.source(args["from"]).saved(word, meter.line(f"reading {word}")) as images:
            yield images
        return
    from kctl.runtime.image_spool import opened

    with contextlib.ExitStack() as stack:
        file = sys.stdin.buffer if word == "-" else stack.enter_context(open(word, "rb"))
        yield stack.enter_context(opened(file))


def _by_names(images: Sequence[ArchivedImage]) -> list[list[ArchivedImage]]:
    """Images with the same names are one image for several platforms."""
    groups: dict[object, list[ArchivedImage]] = {}
    for each in images:
        groups.setdefault(each.names or each.id, []).append(each)
    return list(groups.values())


def _load(
    ctx: Context,
    engines: Engines,
    targets: list[Target],
    group: list[ArchivedImage],
    meter: Meter,
) -> None:
    from kctl.commands.image.nodes import human, label
    from kctl.runtime.image_archive import fitting
    from kctl.runtime.image_types import Sent

    names = " ".join(label(name) for name in group[0].names) or label("", group[0].id)

    def load(target: Target) -> Sent:
        image = fitting(group, target.images.platform()) if len(group) > 1 else group[0]
        return target.images.load(image, meter.line(f"{names} to {target.name}"))

    def done(target: Target, cost: Sent) -> None:
        meter.clear()
        sent, total = human(cost.sent, " "), human(cost.total, " ")
        ctx.say(f"{names} loaded on node {target.name} ({sent} of {total} sent)")

    engines.on_each(targets, load, done)


COMMAND = Command(
    name="load",
    summary="Bring images to nodes",
    usage="load (IMAGE | ARCHIVE)... [--nodes=NODE,... | -l label] [--from=NODE]",
    description="Bring images to nodes, without a registry.\n\n"
    "IMAGE is an image of this machine's Docker engine, or of a node (--from). ARCHIVE is a file "
    'that "docker save" or another tool wrote, or an OCI image layout: its name ends in .tar, '
    '.tar.gz or .tgz, or is a path that begins with "/" or "."; "-" is the standard input. Only '
    "the layers that a node lacks are sent to it.",
    examples="""
# Bring an image of this machine to every node that is ready
kctl image load web:1

# Bring two images to two nodes
kctl image load web:1 worker:1 --nodes=web1,web2

# Bring what a file holds to the nodes with a label
kctl image load ./web.tar -l disk=ssd

# Copy an image from one node to the others
kctl image load web:1 --from=web1
""",
    arguments=("image",),
    options=(
        *nodes(),
        Option(
            "from",
            default="local",
            help='Where the images are: the name of a node, or "local" for this machine\'s engine.',
        ),
    ),
    run=run,
)
