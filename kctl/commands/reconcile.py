"""kctl reconcile: one pass, or many, for people, cron and systemd.

The exit code tells cron: 0 when all went well, 1 when an operation failed or a host did
not answer.
"""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.context import Context
    from kctl.commands.parse import Args
    from kctl.reconcile.summary import Summary

_MODES = ("watch", "until-settled", "install-systemd", "print-cron")


def run(ctx: Context, args: Args) -> int:
    from pathlib import Path

    asked = [mode for mode in _MODES if args[mode]]
    if args.positional:
        raise UsageError(f"unexpected arguments: [{' '.join(args.positional)}]")
    if len(asked) > 1:
        raise UsageError(f"--{asked[0]} and --{asked[1]} cannot be given together")
    if args["print-cron"]:
        from kctl.reconcile.systemd import cron_line

        ctx.out.write(cron_line(Path(ctx.home)))
        return 0
    if args["install-systemd"]:
        from kctl.reconcile.systemd import install

        ctx.say(f"{install(Path(ctx.home))} installed, enabled and started")
        return 0
    return _passes(ctx, args)


def _passes(ctx: Context, args: Args) -> int:
    from kctl.reconcile.log import Log

    if args["log-level"] not in ("", *Log.LEVELS):
        levels = ", ".join(Log.LEVELS)
        raise UsageError(f'--log-level "{args["log-level"]}" is none of: {levels}')
    if args["watch"]:
        from kctl.reconcile.watch import Watcher

        watcher = Watcher(ctx.plane, Log(_level(args, "info")))
        watcher.stop_on_signals()
        watcher.run()
        return 0
    log = Log(_level(args, "warning"))
    if args["until-settled"]:
        from kctl.reconcile.after import until_settled

        return _tell(ctx, until_settled(ctx.plane, log, args["timeout"]))
    from kctl.reconcile.after import one_pass

    summary = one_pass(ctx.plane, log)
    if summary is None:
        ctx.say("a watcher keeps the hosts in line")
        return 0
    return _tell(ctx, summary)


def _level(args: Args, default: str) -> str:
    return str(args["log-level"]) if args.given("log-level") else default


def _tell(ctx: Context, summary: Summary) -> int:
    ctx.say(
        f"{_counted(summary.passes, 'pass', 'passes')}, {_counted(summary.writes, 'write')}, "
        f"{_counted(summary.operations, 'operation')}, "
        f"{_counted(len(summary.failures), 'failure')}"
    )
    for failure in summary.failures:
        ctx.err.write(f"error: {failure}\n")
    for node, why in sorted(summary.unreachable.items()):
        ctx.err.write(
            f'error: node "{node}" did not answer: {why}\n' if node else f"error: {why}\n"
        )
    return 0 if summary.ok else 1


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


COMMAND = Command(
    name="reconcile",
    summary="Bring the hosts into line with what is wanted.",
    description="""Bring the hosts into line with what is wanted.

 Without flags this runs passes until nothing is to be done at once, and prints a summary; the exit code is 1 when an operation failed or a host did not answer, so that cron can mail it.""",  # noqa: E501 - as printed
    usage="reconcile [--watch | --until-settled | --install-systemd | --print-cron]",
    examples="""
# Run one pass
kctl reconcile

# Keep the hosts in line for as long as the command runs
kctl reconcile --watch

# Have systemd keep it running
kctl reconcile --install-systemd

# Print the line for a crontab
kctl reconcile --print-cron
""",
    options=(
        Option("install-systemd", "bool", help="Write, enable and start a systemd unit."),
        Option("log-level", default="", help="debug, info, warning, error or none."),
        Option("print-cron", "bool", help="Print a line for a crontab."),
        Option(
            "timeout",
            "duration",
            600.0,
            "How long --until-settled goes on at most.",
            shown="10m0s",
        ),
        Option("until-settled", "bool", help="Go on until nothing is on its way any more."),
        Option("watch", "bool", short="w", help="Go on until the process is stopped."),
    ),
    run=run,
)
