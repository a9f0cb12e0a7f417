"""--user, --group and --serviceaccount: whom a binding is for."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Option, UsageError
from kctl.commands.parse import Args

GROUP = "rbac.authorization.k8s.io"


def options(role: str) -> tuple[Option, ...]:
    return (
        Option(
            "group",
            "array",
            help=f"Groups to bind to the {role}. The flag can be repeated to add multiple groups.",
        ),
        Option(
            "serviceaccount",
            "array",
            help=f"Service accounts to bind to the {role}, in the format <namespace>:<name>. The "
            "flag can be repeated to add multiple service accounts.",
        ),
        Option(
            "user",
            "array",
            help=f"Usernames to bind to the {role}. The flag can be repeated to add multiple "
            "users.",
        ),
    )


def reference(kind: str, name: str) -> dict[str, str]:
    return {"apiGroup": GROUP, "kind": kind, "name": name}


def subjects(args: Args) -> dict[str, Any]:
    """`subjects`, not there where nobody is named. Raises UsageError."""
    found: list[dict[str, str]] = []
    for kind, option in (("User", "user"), ("Group", "group")):
        found += [{"kind": kind, "apiGroup": GROUP, "name": name} for name in args[option]]
    for account in args["serviceaccount"]:
        namespace, _, name = account.partition(":")
        if not namespace or not name or ":" in name:
            raise UsageError("serviceaccount must be <namespace>:<name>")
        found.append({"kind": "ServiceAccount", "name": name, "namespace": namespace})
    return {"subjects": found} if found else {}
