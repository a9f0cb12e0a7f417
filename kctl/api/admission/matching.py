"""Whether a webhook or a policy is about a request: rules, scope, selectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kctl.api.kind import Kind, Object
from kctl.api.selectors import from_object

Json = Mapping[str, Any]

REF = "admission/dynamic"
"""The back reference of every webhook configuration and binding: one indexed read finds out
that there is none."""

EXEMPT = frozenset(
    {
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    }
)
"""Nothing outside may stand between an administrator and these."""


def matching_version(
    rules: Iterable[Json], operation: str, kind: Kind, subresource: str, versions: Sequence[str]
) -> str:
    """The version of the kind's group in which a rule wants to see the object; "" where no
    rule is about the request. `versions` are those that count as the same (matchPolicy
    Equivalent), that of the request first."""
    for version in versions:
        if any(_rule(rule, operation, kind, version, subresource) for rule in rules):
            return version
    return ""


def _rule(rule: Json, operation: str, kind: Kind, version: str, subresource: str) -> bool:
    return (
        _has(rule.get("operations"), operation)
        and _has(rule.get("apiGroups"), kind.group)
        and _has(rule.get("apiVersions"), version)
        and _in_scope(rule.get("scope") or "*", kind)
        and any(_resource(each, kind.plural, subresource) for each in rule.get("resources") or ())
    )


def _has(words: Sequence[str] | None, word: str) -> bool:
    return bool(words) and ("*" in words or word in words)  # type: ignore[operator]


def _in_scope(scope: str, kind: Kind) -> bool:
    return scope == "*" or (scope == "Namespaced") == kind.namespaced


def _resource(pattern: str, plural: str, subresource: str) -> bool:
    resource, slash, wanted = pattern.partition("/")
    if resource not in ("*", plural):
        return False
    return wanted in ("*", subresource) if slash else not subresource


def named(rules: Iterable[Json], name: str) -> list[Json]:
    """The rules without resourceNames, or with this one."""
    return [
        rule for rule in rules if not rule.get("resourceNames") or name in rule["resourceNames"]
    ]


def objects_match(selector: Json | None, obj: Object | None, old: Object | None) -> bool:
    """An objectSelector looks at the object as it was and as it is to be."""
    if not selector:
        return True
    wanted = from_object(selector)
    return any(
        wanted.matches(each["metadata"].get("labels") or {})
        for each in (obj, old)
        if each is not None
    )


def namespace_matches(selector: Json | None, labels: Mapping[str, str] | None) -> bool:
    """`labels` None: the request is about something outside of namespaces, which matches."""
    if not selector or labels is None:
        return True
    return from_object(selector).matches(labels)
