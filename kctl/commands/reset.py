"""`kctl reset`: leave nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args

if TYPE_CHECKING:
    from kctl.reconcile.plane import Plane


def run(ctx: Context, args: Args) -> int:
    if not args["yes"]:
        raise UsageError(
            "this removes every container, network and image of this control plane from its "
            "nodes, and its database; say so with --yes"
        )
    if not Path(ctx.target.database).exists():
        ctx.say(f"there is no control plane in {ctx.home}")
        return 0
    from kctl.reconcile.clean import clean_nodes

    _end_settling(ctx.plane)
    failures = clean_nodes(ctx.plane)
    for node, why in failures.items():
        ctx.err.write(f"error: node {node}: {why}\n")
    if failures:
        ctx.err.write(
            "error: the database is kept, so that you can try again; delete the node of a host "
            "that is gone for good\n"
        )
        return 1
    ctx.plane.close()
    _remove(Path(ctx.target.database))
    ctx.say(f"removed the control plane in {ctx.home}")
    return 0


def _end_settling(plane: Plane) -> None:
    """End the pass that a command left behind: with a pod that crashes again and again it
    would go on for minutes, and all that it works for is to be removed."""
    from kctl.reconcile.lease import boot_identity, holder

    lease = holder(plane.store)
    if lease and lease.detail == "until-settled" and lease.host == boot_identity():
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(lease.pid, signal.SIGTERM)


def _remove(database: Path) -> None:
    """The database with its companions, and the caches beside it; nothing else that may
    lie in the folder."""
    for path in database.parent.glob(database.name + "*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(database.parent / "cache", ignore_errors=True)
    (database.parent / "reconcile.log").unlink(missing_ok=True)


COMMAND = Command(
    name="reset",
    summary="Remove everything that this control plane made, and itself",
    usage="reset --yes",
    examples="kctl reset --yes",
    options=(Option("yes", "bool", help="Really do it."),),
    run=run,
)
