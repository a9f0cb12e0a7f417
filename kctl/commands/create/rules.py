"""--verb, --resource and --resource-name: the rules of `create role` and `create clusterrole`."""

from __future__ import annotations

from typing import Any, NamedTuple

from kctl.commands import objects
from kctl.commands.catalog import Catalog, Resource
from kctl.commands.command import Option, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args

Rule = dict[str, Any]

OPTIONS = (
    Option("resource", "slice", help="Resource that the rule applies to"),
    Option(
        "resource-name",
        "array",
        help="Resource in the white list that the rule applies to, repeat this flag for multiple "
        "items",
    ),
    Option("verb", "slice", help="Verb that applies to the resources contained in the rule"),
)

_VERBS = frozenset(
    (
        *("*", "get", "delete", "list", "create", "update", "patch", "watch", "proxy"),
        *("deletecollection", "use", "bind", "escalate", "impersonate"),
    )
)
_RBAC = "rbac.authorization.k8s.io"
_ROLES = frozenset(((_RBAC, "roles"), (_RBAC, "clusterroles")))
_SPECIAL = {
    "use": frozenset((("policy", "podsecuritypolicies"), ("extensions", "podsecuritypolicies"))),
    "bind": _ROLES,
    "escalate": _ROLES,
    "impersonate": frozenset(
        (
            ("", "users"),
            ("", "serviceaccounts"),
            ("", "groups"),
            ("authentication.k8s.io", "userextras"),
        )
    ),
}
"""Verbs that mean something for a few resources only, which need not be served."""


class Named(NamedTuple):
    """What --resource names: "rs.apps/scale" is plural "rs", group "apps", "scale"."""

    plural: str
    group: str
    subresource: str


def verbs(args: Args) -> list[str]:
    """Each verb once; a star stands for all of them."""
    return ["*"] if "*" in args["verb"] else list(dict.fromkeys(args["verb"]))


def resources(args: Args) -> list[Named]:
    found: list[Named] = []
    for text in args["resource"]:
        if text == "*":
            return [Named("*", "", "")]
        whole, _, subresource = text.partition("/")
        plural, _, group = whole.partition(".")
        found.append(Named(plural, group, subresource))
    return found


def check(ctx: Context, named: list[Named], wanted: list[str]) -> None:
    """Raises UsageError with kubectl's texts; warns of verbs that nobody knows."""
    for verb in wanted:
        if verb not in _VERBS:
            ctx.err.write(f"Warning: '{verb}' is not a standard resource verb\n")
    known = objects.catalog(ctx)
    for each in named:
        if not each.plural:
            raise UsageError("resource must be specified if apiGroup/subresource specified")
        if each.plural == "*":
            return
        _check(known, each, wanted)


def _check(known: Catalog, named: Named, wanted: list[str]) -> None:
    found = resource_for(known, named.plural, named.group)
    place = (found.group, found.plural) if found else (named.group, named.plural)
    special = False
    for verb in wanted:
        allowed = _SPECIAL.get(verb)
        if allowed is None:
            continue
        if place not in allowed:
            raise UsageError(f"can not perform '{verb}' on '{place[1]}' in group '{place[0]}'")
        special = True
    if found is None and not special:
        where = f' in group "{named.group}"' if named.group else ""
        text = f'the server doesn\'t have a resource type "{named.plural}"{where}'
        raise UsageError(text, prefix="")


def build(
    ctx: Context, named: list[Named], wanted: list[str], names: list[str], urls: list[str]
) -> list[Rule]:
    """One rule for each API group, and one for the URLs."""
    known = objects.catalog(ctx)
    groups: dict[str, dict[str, None]] = {}
    for each in named:
        found = resource_for(known, each.plural, each.group)
        group, plural = (found.group, found.plural) if found else (each.group, each.plural)
        full = f"{plural}/{each.subresource}" if each.subresource else plural
        groups.setdefault(group, {})[full] = None
    rules: list[Rule] = []
    for group in sorted(groups):
        rule: Rule = {"verbs": wanted, "apiGroups": [group], "resources": list(groups[group])}
        rules.append(rule | ({"resourceNames": names} if names else {}))
    if urls:
        rules.append({"verbs": wanted, "nonResourceURLs": urls})
    return rules


def resource_for(known: Catalog, word: str, group: str) -> Resource | None:
    """What a REST mapper makes of a plural, singular or short name, in a group that begins so."""
    lower = word.lower()
    for each in known.resources:
        if lower in (each.plural, each.singular) and each.group.startswith(group):
            return each
    for each in known.resources:
        if word in each.short_names and each.group.startswith(group):
            return each
    return None
