"""run -i, --attach and --rm: wait for the pod, be its terminal, tell how it ended."""

from __future__ import annotations

from typing import Any

from kctl.commands import objects
from kctl.commands.attaching import attach
from kctl.commands.command import Exit, UsageError
from kctl.commands.context import Context
from kctl.commands.delete import cascade, finish, still_there, tell
from kctl.commands.objects import Found
from kctl.commands.parse import Args

Object = dict[str, Any]

_ENDED = ("Succeeded", "Failed")


def attached(ctx: Context, args: Args, made: list[Object]) -> int:
    """Stay with the pod, the last of `made`; the exit code of the command."""
    known = objects.catalog(ctx)
    found = []
    for obj in made:
        resource = known.of(obj)
        if resource is None:
            raise UsageError(f"no matches for kind {obj['kind']!r}")
        meta = obj["metadata"]
        found.append(Found(resource, meta["namespace"], meta["name"], obj))
    try:
        return _stay(ctx, args, found[-1])
    finally:
        if args["rm"]:
            _remove(ctx, args, found)


def _stay(ctx: Context, args: Args, pod: Found) -> int:
    timeout = args["pod-running-timeout"]
    ctx.settle(until=lambda: _may_attach(_now(ctx, pod)), timeout=timeout)
    now = _now(ctx, pod)
    if now is None or not _may_attach(now):
        raise UsageError("timed out waiting for the condition")
    container = now["spec"]["containers"][0]["name"]
    attach(
        ctx,
        now,
        container,
        stdin=args["stdin"] and now["status"]["phase"] not in _ENDED,
        tty=args["tty"],
        quiet=args["quiet"],
        detach_keys=args["detach-keys"],
        replay=True,  # a pod of one's own: nothing that it said before is another's
    )
    if args["leave-stdin-open"] or args["restart"] == "Always":
        return 0
    ctx.settle(until=lambda: _phase(_now(ctx, pod)) in ("", *_ENDED))
    return _how_it_ended(ctx, _now(ctx, pod), pod)


def _now(ctx: Context, pod: Found) -> Object | None:
    return objects.get(ctx, pod.resource, pod.namespace, pod.name)


def _phase(pod: Object | None) -> str:
    return str(((pod or {}).get("status") or {}).get("phase", ""))


def _may_attach(pod: Object | None) -> bool:
    """Its container runs, or ran: either way there is something to show."""
    if pod is None:
        return False
    statuses = (pod.get("status") or {}).get("containerStatuses") or [{}]
    state = statuses[0].get("state") or {}
    return _phase(pod) in _ENDED or "running" in state or "terminated" in state


def _how_it_ended(ctx: Context, pod: Object | None, found: Found) -> int:
    if pod is None or _phase(pod) == "Succeeded":
        return 0
    statuses = pod["status"].get("containerStatuses") or [{}]
    ended = (statuses[0].get("state") or {}).get("terminated") or {}
    code = int(ended.get("exitCode") or 0)
    where = f"pod {found.namespace}/{found.name}"
    if not code:
        raise UsageError(f"{where} failed with unknown exit code")
    ctx.err.write(f"{where} terminated ({ended.get('reason', '')})\n{ended.get('message', '')}")
    raise Exit(code)


def _remove(ctx: Context, args: Args, made: list[Found]) -> None:
    """What --rm deletes, told as `delete` tells it."""
    from kctl.api.errors import ApiError

    gone = []
    grace = args["grace-period"] if args["grace-period"] >= 0 else None
    grace = 0 if args["force"] else grace
    for found in made:
        if not still_there(ctx, found):
            continue
        try:
            ctx.plane.api.delete(
                found.resource.resource,
                found.name,
                found.namespace,
                propagation=cascade(args["cascade"]),
                grace=grace,
            )
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            continue
        gone.append(found)
        if not args["quiet"]:
            tell(ctx, found, "force deleted" if grace == 0 else "deleted", "none")
    if gone:
        ctx.out.flush()
        finish(ctx, gone, wait=args["wait"], timeout=args["timeout"])
