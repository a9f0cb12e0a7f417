"""kctl get componentstatuses: is the control plane itself in order?

Where Kubernetes asks its scheduler, controller manager and etcd, kctl asks what stands in
their place: the store, the pass, and who keeps passes going.
"""

from __future__ import annotations

import time
from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.light_json import loads
from kctl.printing.outputs import Wanted, writer

Object = dict[str, Any]

STALE_SECONDS = 300.0
"""A pass that is due for longer than this shows that nobody runs passes."""


def show(ctx: Context, args: Args) -> int:
    from kctl.printing.table import table

    ctx.warn("v1 ComponentStatus is deprecated in v1.19+")
    found = [_status(*each) for each in components(ctx)]
    names = args.positional[1:]
    chosen = [each for each in found if not names or each["metadata"]["name"] in names]
    missing = [name for name in names if name not in {e["metadata"]["name"] for e in found}]
    if args["output"] in ("", "wide"):
        rows = [] if args["no-headers"] else [["NAME", "STATUS", "MESSAGE", "ERROR"]]
        ctx.out.write(table([*rows, *(_row(each) for each in chosen)]) if chosen else "")
    else:
        _print(ctx, args, chosen, single=len(names) == 1)
    if missing:
        from kctl.api.errors import not_found

        raise not_found("componentstatuses", missing[0])
    return 0


def components(ctx: Context) -> list[tuple[str, bool, str, str]]:
    """(name, healthy, message, error)"""
    revision = ctx.reader.revision()
    due, lease = ctx.reader.next_due(), ctx.reader.lease("reconcile")
    last = loads(ctx.reader.meta("pass") or "{}")
    late = due is not None and time.time() - due > STALE_SECONDS
    held = lease is not None and lease[2] > time.time()
    keeper = f"held by {lease[1]}" if held and lease is not None else "no watcher; commands run it"
    reconcile = ("reconcile", not late, keeper, "") if not late else (
        "reconcile", False, "", f"a pass is due since {int(time.time() - (due or 0))}s"
    )  # fmt: skip
    passed = "no pass yet" if not last else "ok"
    return [
        ("store", True, f"ok, revision {revision}", ""),
        ("controller-manager", True, passed, ""),
        ("scheduler", True, passed, ""),
        reconcile,
    ]


def _status(name: str, healthy: bool, message: str, error: str) -> Object:
    condition = {"status": "True" if healthy else "False", "type": "Healthy"}
    if message:
        condition["message"] = message
    if error:
        condition["error"] = error
    return {
        "apiVersion": "v1",
        "conditions": [condition],
        "kind": "ComponentStatus",
        "metadata": {"name": name},
    }


def _row(status: Object) -> list[str]:
    condition = status["conditions"][0]
    word = "Healthy" if condition["status"] == "True" else "Unhealthy"
    return [
        status["metadata"]["name"],
        word,
        condition.get("message", ""),
        condition.get("error", ""),
    ]


def _print(ctx: Context, args: Args, chosen: list[Object], *, single: bool) -> None:
    from kctl.commands.get_objects import ALLOWED, as_list

    try:
        write = writer(Wanted(args["output"], args["template"], allowed=ALLOWED))
    except ValueError as error:
        raise UsageError(str(error)) from None
    if args["output"] == "name":
        ctx.out.write("".join(write(each) for each in chosen))
    elif chosen or not single:
        ctx.out.write(write(chosen[0] if single else as_list(chosen)))
