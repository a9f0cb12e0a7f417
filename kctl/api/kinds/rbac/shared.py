"""What roles have in common, and what bindings have."""

from __future__ import annotations

from kctl.api.kind import Cell, Column, Object
from kctl.api.kinds.cells import AGE, NAME, age, part
from kctl.api.validation.rbac import ACCOUNT, GROUP, USER, USERS

CREATED = (NAME, Column("Created At", type="date"))
BINDING = (
    NAME,
    Column("Role"),
    AGE,
    Column("Users", priority=1),
    Column("Groups", priority=1),
    Column("ServiceAccounts", priority=1),
)


def rules_there(obj: Object) -> None:
    """`rules` has no omitempty: a role without rules shows null."""
    if not obj.get("rules"):
        obj["rules"] = None


def created_row(obj: Object) -> list[Cell]:
    """Roles have no printer of their own: the name and the time, as it is written."""
    meta = obj["metadata"]
    return [meta["name"], meta.get("creationTimestamp", "")]


def default_groups(obj: Object) -> None:
    """A role is one of RBAC's; so are users and groups."""
    reference = part(obj, "roleRef")
    reference["apiGroup"] = reference.get("apiGroup") or GROUP
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup"):
            subject.pop("apiGroup", None)
            if subject.get("kind") in (USER, USERS):
                subject["apiGroup"] = GROUP


def binding_row(obj: Object) -> list[Cell]:
    reference = obj.get("roleRef") or {}
    subjects = obj.get("subjects") or ()
    accounts = [
        f"{each.get('namespace', '')}/{each.get('name', '')}"
        for each in subjects
        if each.get("kind") == ACCOUNT
    ]
    named: list[Cell] = [
        ", ".join(each.get("name", "") for each in subjects if each.get("kind") == kind)
        for kind in (USER, USERS)
    ]
    role = f"{reference.get('kind', '')}/{reference.get('name', '')}"
    return [obj["metadata"]["name"], role, age(obj), *named, ", ".join(accounts)]
