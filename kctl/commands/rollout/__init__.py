"""`kctl rollout`: look at, undo, restart, pause and resume rollouts."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

_AT = "kctl.commands.rollout."

COMMAND = Command(
    name="rollout",
    summary="Manage the rollout of a resource",
    usage="rollout SUBCOMMAND",
    description="Manage the rollout of one or many deployments.",
    examples="# Go back to the previous revision\nkctl rollout undo deployment/web\n"
    "# Wait for the rollout to end\nkctl rollout status deployment/web",
    subcommands=(
        CommandRef("history", _AT + "history", "View rollout history"),
        CommandRef("pause", _AT + "pause", "Mark the provided resource as paused"),
        CommandRef("restart", _AT + "restart", "Restart a resource"),
        CommandRef("resume", _AT + "resume", "Resume a paused resource"),
        CommandRef("status", _AT + "status", "Show the status of the rollout"),
        CommandRef("undo", _AT + "undo", "Undo a previous rollout"),
    ),
)
