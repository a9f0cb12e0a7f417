"""`kctl completion`: the shell's part of completion; typer does the rest."""

from __future__ import annotations

from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args

SHELLS = ("bash", "zsh", "fish", "powershell")


def run(ctx: Context, args: Args) -> int:
    if not args.positional:
        raise UsageError(
            "Shell not specified.", hint="See 'kctl completion -h' for help and examples"
        )
    if len(args.positional) > 1:
        raise UsageError("Too many arguments. Expected only the shell type.")
    shell = args.positional[0]
    if shell not in SHELLS:
        raise UsageError(f'Unsupported shell type "{shell}".')
    from typer._completion_shared import get_completion_script

    name = "pwsh" if shell == "powershell" else shell
    ctx.say(get_completion_script(prog_name="kctl", complete_var="_KCTL_COMPLETE", shell=name))
    return 0


COMMAND = Command(
    name="completion",
    summary="Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
    usage="completion SHELL",
    examples="# Completion in this bash, now\nsource <(kctl completion bash)",
    arguments=("shell",),
    run=run,
)
