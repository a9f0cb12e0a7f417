"""RBAC objects compiled: who is bound to which rules, and where."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kctl.api.authorization.rules import Rule, url_matches
from kctl.api.user import User
from kctl.api.validation.rbac import ACCOUNT, GROUP, USER, USERS

Object = dict[str, Any]
Read = Callable[[str], Iterable[Object]]

Subject = tuple[bool, str]
"""(is a group, name); a service account is the user that it acts as."""


class CompiledRule:
    """One PolicyRule, its lists as sets."""

    __slots__ = ("_groups", "_names", "_resources", "_urls", "_verbs")

    def __init__(self, rule: Rule) -> None:
        self._verbs = _set(rule.get("verbs"))
        self._groups = _set(rule.get("apiGroups"))
        self._resources = _set(rule.get("resources"))
        self._names = frozenset(rule.get("resourceNames") or ())
        self._urls = tuple(rule.get("nonResourceURLs") or ())

    def allows(self, verb: str, group: str, resource: str, subresource: str, name: str) -> bool:
        if self._verbs is not None and verb not in self._verbs:
            return False
        if self._groups is not None and group not in self._groups:
            return False
        if self._names and name not in self._names:
            return False
        found = self._resources
        if found is None:
            return True
        if not subresource:
            return resource in found
        return f"{resource}/{subresource}" in found or f"*/{subresource}" in found

    def allows_path(self, verb: str, path: str) -> bool:
        if self._verbs is not None and verb not in self._verbs:
            return False
        return url_matches(self._urls, path)


def _set(values: Sequence[str] | None) -> frozenset[str] | None:
    """None where everything matches."""
    found = frozenset(values or ())
    return None if "*" in found else found


class Grant:
    """What one binding gives to one subject. `binding` is how a reason names it; `error`
    says that the role is not there."""

    __slots__ = ("binding", "compiled", "error", "rules")

    def __init__(
        self, binding: str, rules: list[Rule], compiled: tuple[CompiledRule, ...], error: str
    ) -> None:
        self.binding, self.rules, self.compiled, self.error = binding, rules, compiled, error


Grants = dict[Subject, list[tuple[int, Grant]]]
"""By subject, with the place of the binding in the order of their names."""


class Policy:
    """Every role and binding, ready to be asked."""

    def __init__(self) -> None:
        self._roles: dict[tuple[str, str, str], tuple[list[Rule], tuple[CompiledRule, ...]]] = {}
        self._everywhere: Grants = {}
        self._inside: dict[str, Grants] = {}

    def add_role(self, role: Object) -> None:
        rules = list(role.get("rules") or ())
        meta = role["metadata"]
        key = (role["kind"], meta.get("namespace", ""), meta["name"])
        self._roles[key] = (rules, tuple(CompiledRule(each) for each in rules))

    def add_binding(self, place: int, binding: Object) -> None:
        meta = binding["metadata"]
        namespace = meta.get("namespace", "")
        reference = binding.get("roleRef") or {}
        kind, name = reference.get("kind", ""), reference.get("name", "")
        found = self._roles.get((kind, namespace if kind == "Role" else "", name))
        error = ""
        if found is None:
            found = ([], ())
            error = f"{kind.lower()}.{GROUP} {_quote(name)} not found"
        grants = self._inside.setdefault(namespace, {}) if namespace else self._everywhere
        title = f"{meta['name']}/{namespace}" if namespace else meta["name"]
        described = f"{binding['kind']} {_quote(title)} of {kind} {_quote(name)} to "
        seen: set[Subject] = set()
        for subject in binding.get("subjects") or ():
            who = _subject(subject, namespace)
            if who is None or who in seen:
                continue
            seen.add(who)
            grant = Grant(described + _describe(subject, namespace), *found, error)
            grants.setdefault(who, []).append((place, grant))

    def role(self, kind: str, name: str, namespace: str) -> list[Rule] | None:
        found = self._roles.get((kind, namespace if kind == "Role" else "", name))
        return found[0] if found else None

    def grants(self, user: User, namespace: str) -> Iterator[Grant]:
        """In the order of the bindings' names, cluster bindings first."""
        yield from _of(self._everywhere, user)
        inside = self._inside.get(namespace) if namespace else None
        if inside:
            yield from _of(inside, user)


def _of(grants: Grants, user: User) -> Iterator[Grant]:
    found = list(grants.get((False, user.name), ()))
    for group in user.groups:
        found += grants.get((True, group), ())
    last = -1
    for place, grant in sorted(found, key=lambda pair: pair[0]):
        if place != last:  # a binding that names the user and a group of theirs counts once
            yield grant
        last = place


def _subject(subject: Mapping[str, Any], namespace: str) -> Subject | None:
    """Whom a subject of a binding in `namespace` means (appliesToUser)."""
    kind, name = subject.get("kind"), subject.get("name", "")
    if kind == USERS:
        return True, name
    if kind == USER:
        return False, name
    own = subject.get("namespace") or namespace
    if kind != ACCOUNT or not own:
        return None
    return False, f"system:serviceaccount:{own}:{name}"


def _describe(subject: Mapping[str, Any], namespace: str) -> str:
    name = str(subject.get("name", ""))
    if subject.get("kind") == ACCOUNT:
        name = f"{name}/{subject.get('namespace') or namespace}"
    return f"{subject.get('kind')} {_quote(name)}"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def compile_policy(read: Read, resources: Iterable[str]) -> Policy:
    """`resources` are those of roles, then those of bindings."""
    policy = Policy()
    for resource in resources:
        add_binding = "bindings" in resource
        for place, obj in enumerate(read(resource)):
            if add_binding:
                policy.add_binding(place, obj)
            else:
                policy.add_role(obj)
    return policy
