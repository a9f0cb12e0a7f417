"""`kctl auth`: who may do what."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

_AT = "kctl.commands.auth."

COMMAND = Command(
    name="auth",
    summary="Inspect authorization.",
    usage="auth",
    description="Inspect authorization. kctl's own command line may do everything; with --as and "
    "--as-group the answer is that of somebody else, as `kctl serve` gives it.",
    subcommands=(
        CommandRef("can-i", _AT + "can_i", "Check whether an action is allowed"),
        CommandRef(
            "reconcile",
            _AT + "reconcile",
            "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding "
            "objects",
        ),
        CommandRef("whoami", _AT + "whoami", "Experimental: Check self subject attributes"),
    ),
)
