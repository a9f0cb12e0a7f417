"""`kctl logs`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.options import selector
from kctl.commands.parse import Args
from kctl.commands.pods import (
    Engines,
    default_container,
    named,
    pods_of,
    refuse_unknown,
)
from kctl.runtime.log_source import Source, source
from kctl.runtime.pod_status import container_names

Object = dict[str, Any]

SELECTED_TAIL = 10
"""Lines of each pod that a selector shows when --tail is not given."""


def run(ctx: Context, args: Args) -> int:
    _check(args)
    ctx.refresh()
    sources = [
        source(pod, container, previous=args["previous"])
        for pod in _pods(ctx, args)
        if pod["spec"].get("nodeName")  # one that is nowhere yet has said nothing
        for container in _containers(ctx, args, pod)
    ]
    most = args["max-log-requests"]
    if args["follow"] and len(sources) > most:
        raise UsageError(
            f"you are attempting to follow {len(sources)} log streams, but maximum allowed "
            f"concurrency is {most}, use --max-log-requests to increase the limit"
        )
    engines = Engines(ctx)
    try:
        if args["follow"] and len(sources) > 1:
            _follow_all(ctx, args, engines, sources)
        else:
            for each in sources:
                _copy(ctx, args, engines, each, threading.Lock())
    finally:
        engines.close()
    return 0


def _check(args: Args) -> None:
    expected = (
        "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n"
        "POD or TYPE/NAME is a required argument for the logs command"
    )
    hint = "See 'kctl logs -h' for help and examples"
    words = args.positional
    if args["selector"] and words:
        raise UsageError("only a selector (-l) or a POD name is allowed", hint=hint)
    if not args["selector"] and (not words or len(words) > 2):
        raise UsageError(expected, hint=hint)
    if len(words) == 2 and args["container"]:
        raise UsageError("only one of -c or an inline [CONTAINER] arg is allowed", hint=hint)
    if args["since"] and args["since-time"]:
        raise UsageError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if args["all-containers"] and args["container"]:
        raise UsageError("--all-containers=true should not be specified with container name")
    if args["tail"] < -1:
        raise UsageError("--tail must be greater than or equal to -1")
    if args["since"] < 0:
        raise UsageError("--since must be greater than 0")


def _pods(ctx: Context, args: Args) -> list[Object]:
    if args["selector"]:
        found = list(
            ctx.plane.api.list("pods", ctx.namespace, label_selector=args["selector"]).items
        )
        if not found:
            ctx.err.write(f"No resources found in {ctx.namespace} namespace.\n")
        return found
    pods = pods_of(ctx, named(ctx, args.positional[0]))
    if args["all-pods"]:
        return pods
    if len(pods) > 1:
        ctx.err.write(f"Found {len(pods)} pods, using pod/{pods[0]['metadata']['name']}\n")
    return pods[:1]


def _containers(ctx: Context, args: Args, pod: Object) -> list[str]:
    if args["all-containers"]:
        return container_names(pod)
    wanted = args["container"] or (args.positional[1] if len(args.positional) == 2 else "")
    if wanted:
        refuse_unknown(pod, wanted)
        return [wanted]
    return [default_container(ctx, pod)]


def _follow_all(ctx: Context, args: Args, engines: Engines, sources: list[Source]) -> None:
    lock = threading.Lock()
    threads = [
        threading.Thread(target=_copy, args=(ctx, args, engines, each, lock), daemon=True)
        for each in sources
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _copy(ctx: Context, args: Args, engines: Engines, each: Source, lock: threading.Lock) -> None:
    """One container's lines to the output, whole lines at a time."""
    prefix = f"[pod/{each.pod}/{each.container}] ".encode() if args["prefix"] else b""
    out = getattr(ctx.out, "buffer", None)
    for line in _limited(_lines(ctx, args, engines, each), args["limit-bytes"]):
        with lock:
            if out is not None:
                out.write(prefix + line)
                out.flush()
            else:
                ctx.out.write((prefix + line).decode(errors="replace"))


def _lines(ctx: Context, args: Args, engines: Engines, each: Source) -> Iterator[bytes]:
    tail = args["tail"]
    if tail == -1 and args["selector"] and not args.given("tail"):
        tail = SELECTED_TAIL
    return engines.of(each.object).logs(
        each.id,
        follow=args["follow"],
        tail=None if tail < 0 else tail,
        since=_since(ctx, args, each.since),
        until=each.until,
        timestamps=args["timestamps"],
    )


def _since(ctx: Context, args: Args, started: float | None) -> float | None:
    wanted = started
    if args["since"]:
        wanted = max(wanted or 0.0, ctx.time() - args["since"])
    if args["since-time"]:
        from kctl.printing.describe.parts import parse_time

        try:
            wanted = max(wanted or 0.0, parse_time(args["since-time"]).timestamp())
        except ValueError as error:
            raise UsageError(f"parsing time {args['since-time']!r}: {error}") from None
    return wanted


def _limited(lines: Iterator[bytes], most: int) -> Iterator[bytes]:
    left = most
    for line in lines:
        if most and len(line) >= left:
            yield line[:left]
            return
        left -= len(line)
        yield line


COMMAND = Command(
    name="logs",
    summary="Print the logs for a container in a pod",
    usage="logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
    examples="# The logs of pod 'web'\nkctl logs web\n"
    "# Follow all pods with a label\nkctl logs -f -l app=web --prefix\n"
    "# What the container said before it was restarted\nkctl logs -p web",
    options=(
        Option("all-containers", "bool", help="Get all containers' logs in the pod(s)."),
        Option("all-pods", "bool", help="Get logs from all pod(s)."),
        Option("container", short="c", help="Print the logs of this container"),
        Option("follow", "bool", short="f", help="Specify if the logs should be streamed."),
        Option("ignore-errors", "bool", help="Errors that occur while following are not fatal"),
        Option("insecure-skip-tls-verify-backend", "bool", help="Has no effect.", hidden=True),
        Option("limit-bytes", "int", 0, "Maximum bytes of logs to return. Defaults to no limit."),
        Option("max-log-requests", "int", 5, "Maximum number of concurrent logs to follow."),
        Option("pod-running-timeout", "duration", 20.0, "How long to wait for a pod", shown="20s"),
        Option("prefix", "bool", help="Prefix each log line with the log source."),
        Option("previous", "bool", short="p", help="Print the logs for the previous instance."),
        selector(),
        Option("since", "duration", 0.0, "Only return logs newer than a duration.", shown="0s"),
        Option("since-time", help="Only return logs after a specific date (RFC3339)."),
        Option("tail", "int", -1, "Lines of recent log file to display. -1 shows all."),
        Option("timestamps", "bool", help="Include timestamps on each line in the log output"),
    ),
    arguments=("pod", "container"),
    run=run,
)
