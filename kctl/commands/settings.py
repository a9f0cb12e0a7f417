"""`kctl settings`: how this control plane lives on its hosts."""

from __future__ import annotations

from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    words = args.positional
    settings = ctx.plane.settings
    if len(words) > 2:
        raise UsageError("give a setting and its value: kctl settings NAME VALUE")
    if words and words[0] not in settings:
        raise UsageError(f'there is no setting "{words[0]}"; kctl settings lists them all')
    if len(words) == 2:
        from kctl.reconcile.birth import change_setting

        try:
            change_setting(ctx.plane.store, ctx.plane.plugins, words[0], words[1])
        except ValueError as error:
            raise UsageError(f"{words[0]}: {error}") from None
        ctx.say(f"{words[0]} is {words[1]}")
        ctx.plane.read_settings()
        ctx.settle(anew=True)
        return 0
    if words:
        ctx.say(settings[words[0]])
        return 0
    from kctl.printing.table import table

    rows = [("NAME", "VALUE"), *((name, settings[name]) for name in sorted(settings))]
    ctx.out.write(table(rows))
    return 0


COMMAND = Command(
    name="settings",
    summary="Show or change the settings of this control plane",
    usage="settings [NAME [VALUE]]",
    description="Ranges and identity are chosen when the control plane is born and stay. A watcher "
    "that runs already goes on with the settings of its start.",
    examples="# All of them\nkctl settings\n"
    "# Let another back end carry the services\nkctl settings load-balancer caddy",
    arguments=("setting", "value"),
    run=run,
)
