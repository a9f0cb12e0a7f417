"""Roles and bindings (pkg/apis/rbac/validation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, invalid, not_supported, required
from kctl.api.validation import labels
from kctl.api.validation.values import named

GROUP = "rbac.authorization.k8s.io"
USER, USERS, ACCOUNT = "User", "Group", "ServiceAccount"
ROLES = ("Role", "ClusterRole")

_NO_VERB = "verbs must contain at least one value"
_NO_GROUP = "resource rules must supply at least one api group"
_NO_RESOURCE = "resource rules must supply at least one resource"
_NO_URLS_IN_NAMESPACES = "namespaced rules cannot apply to non-resource URLs"
_NOT_BOTH = "rules cannot apply to both regular resources and non-resource URLs"
_NO_SELECTOR = "at least one clusterRoleSelector required if aggregationRule is non-nil"

Rule = Mapping[str, Any]


def rules(listed: Sequence[Rule] | None, *, namespaced: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    for at, rule in enumerate(listed or ()):
        _rule(rule, f"rules[{at}]", namespaced, errors)
    return errors


def _rule(rule: Rule, path: str, namespaced: bool, errors: list[FieldError]) -> None:
    if not rule.get("verbs"):
        errors.append(required(f"{path}.verbs", _NO_VERB))
    urls = rule.get("nonResourceURLs")
    if urls:
        if namespaced:
            errors.append(invalid(f"{path}.nonResourceURLs", urls, _NO_URLS_IN_NAMESPACES))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            errors.append(invalid(f"{path}.nonResourceURLs", urls, _NOT_BOTH))
        return
    if not rule.get("apiGroups"):
        errors.append(required(f"{path}.apiGroups", _NO_GROUP))
    if not rule.get("resources"):
        errors.append(required(f"{path}.resources", _NO_RESOURCE))


def aggregation(rule: Mapping[str, Any] | None) -> list[FieldError]:
    """The aggregationRule of a ClusterRole."""
    if rule is None:
        return []
    errors: list[FieldError] = []
    selectors = rule.get("clusterRoleSelectors")
    if not selectors:
        errors.append(required("aggregationRule.clusterRoleSelectors", _NO_SELECTOR))
    for at, selector in enumerate(selectors or ()):
        labels.selector(selector, f"aggregationRule.clusterRoleSelectors[{at}]", errors)
    return errors


def binding(obj: Mapping[str, Any], *, namespaced: bool) -> list[FieldError]:
    """A RoleBinding, or a ClusterRoleBinding, which may name cluster roles alone."""
    errors: list[FieldError] = []
    reference = obj.get("roleRef") or {}
    group, kind, name = (reference.get(field) or "" for field in ("apiGroup", "kind", "name"))
    if group != GROUP:
        errors.append(not_supported("roleRef.apiGroup", group, (GROUP,)))
    allowed = ROLES if namespaced else ROLES[1:]
    if kind not in allowed:
        errors.append(not_supported("roleRef.kind", kind, allowed))
    if not name:
        errors.append(required("roleRef.name"))
    else:
        named(name, "roleRef.name", names.path_segment, errors)
    for at, subject in enumerate(obj.get("subjects") or ()):
        _subject(subject, f"subjects[{at}]", namespaced, errors)
    return errors


def _subject(subject: Rule, path: str, namespaced: bool, errors: list[FieldError]) -> None:
    group, kind, name = (subject.get(field) or "" for field in ("apiGroup", "kind", "name"))
    if not name:
        errors.append(required(f"{path}.name"))
    if kind == ACCOUNT:
        if name:
            named(name, f"{path}.name", names.dns_subdomain, errors)
        if group:
            errors.append(not_supported(f"{path}.apiGroup", group, ("",)))
        if not namespaced and not subject.get("namespace"):
            errors.append(required(f"{path}.namespace"))
    elif kind in (USER, USERS):
        if group != GROUP:
            errors.append(not_supported(f"{path}.apiGroup", group, (GROUP,)))
    else:
        errors.append(not_supported(f"{path}.kind", kind, (ACCOUNT, USER, USERS)))


def same_role(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    """A binding leads to one role for ever."""
    reference = new.get("roleRef") or {}
    if reference == (old.get("roleRef") or {}):
        return []
    shown = {  # the API server's own type: its fields have no JSON names
        "APIGroup": reference.get("apiGroup", ""),
        "Kind": reference.get("kind", ""),
        "Name": reference.get("name", ""),
    }
    return [invalid("roleRef", shown, "cannot change roleRef")]
