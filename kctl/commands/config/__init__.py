"""`kctl config`: contexts and the control planes that they name, in kubeconfig's format."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

_AT = "kctl.commands.config."

COMMAND = Command(
    name="config",
    summary="Modify kubeconfig files",
    usage="config SUBCOMMAND",
    description="kctl keeps its own file, `config` in its home; a cluster entry names a database: "
    "server: sqlite:///path/to/kctl.db.",
    subcommands=(
        CommandRef("current-context", _AT + "current_context", "Display the current-context"),
        CommandRef("delete-cluster", _AT + "delete_cluster", "Delete the specified cluster"),
        CommandRef("delete-context", _AT + "delete_context", "Delete the specified context"),
        CommandRef("delete-user", _AT + "delete_user", "Delete the specified user"),
        CommandRef("get-clusters", _AT + "get_clusters", "Display clusters"),
        CommandRef("get-contexts", _AT + "get_contexts", "Describe one or many contexts"),
        CommandRef("get-users", _AT + "get_users", "Display users"),
        CommandRef("rename-context", _AT + "rename_context", "Rename a context"),
        CommandRef("set", _AT + "set_value", "Set an individual value"),
        CommandRef("set-cluster", _AT + "set_cluster", "Set a cluster entry"),
        CommandRef("set-context", _AT + "set_context", "Set a context entry"),
        CommandRef("set-credentials", _AT + "set_credentials", "Set a user entry"),
        CommandRef("unset", _AT + "unset", "Unset an individual value"),
        CommandRef("use-context", _AT + "use_context", "Set the current-context", aliases=("use",)),
        CommandRef("view", _AT + "view", "Display settings"),
    ),
)
