"""What webhook configurations and policies have in common: defaults and rules of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from kctl.api import names
from kctl.api.fields import FieldError, child, invalid, not_supported, required
from kctl.api.kind import Object
from kctl.api.validation import labels

SCOPES = ("*", "Cluster", "Namespaced")
OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
MATCH_POLICIES = ("Equivalent", "Exact")
FAILURE_POLICIES = ("Fail", "Ignore")
SIDE_EFFECTS = ("None", "NoneOnDryRun")
REVIEW_VERSIONS = ("v1", "v1beta1")


def default_match(resources: Object) -> None:
    """Of a MatchResources."""
    resources.setdefault("matchPolicy", "Equivalent")
    resources.setdefault("namespaceSelector", {})
    resources.setdefault("objectSelector", {})
    for name in ("resourceRules", "excludeResourceRules"):
        for rule in resources.get(name) or ():
            rule.setdefault("scope", "*")


def default_webhooks(obj: Object, *, mutating: bool) -> None:
    for webhook in obj.get("webhooks") or ():
        webhook.setdefault("failurePolicy", "Fail")
        webhook.setdefault("matchPolicy", "Equivalent")
        webhook.setdefault("namespaceSelector", {})
        webhook.setdefault("objectSelector", {})
        webhook.setdefault("timeoutSeconds", 10)
        if mutating:
            webhook.setdefault("reinvocationPolicy", "Never")
        for rule in webhook.get("rules") or ():
            rule.setdefault("scope", "*")
        service = (webhook.get("clientConfig") or {}).get("service")
        if service is not None:
            service.setdefault("port", 443)


def validate_webhooks(obj: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for at, webhook in enumerate(obj.get("webhooks") or ()):
        path = f"webhooks[{at}]"
        errors += _webhook(webhook, path)
        name = webhook.get("name") or ""
        if name and name in seen:
            errors.append(FieldError("FieldValueDuplicate", f"{path}.name", "", f'"{name}"'))
        seen.add(name)
    return errors


def _webhook(webhook: Mapping[str, Any], path: str) -> list[FieldError]:
    errors = qualified_name(webhook.get("name") or "", f"{path}.name")
    versions = webhook.get("admissionReviewVersions") or []
    errors += _review_versions(versions, f"{path}.admissionReviewVersions")
    for at, rule in enumerate(webhook.get("rules") or ()):
        errors += rule_errors(rule, f"{path}.rules[{at}]")
    errors += _one_of(webhook.get("failurePolicy"), FAILURE_POLICIES, f"{path}.failurePolicy")
    errors += _one_of(webhook.get("matchPolicy"), MATCH_POLICIES, f"{path}.matchPolicy")
    effects = webhook.get("sideEffects")
    if effects is None:
        errors.append(required(f"{path}.sideEffects", "must specify one of None, NoneOnDryRun"))
    else:
        errors += _one_of(effects, SIDE_EFFECTS, f"{path}.sideEffects")
    errors += _one_of(
        webhook.get("reinvocationPolicy"), ("IfNeeded", "Never"), f"{path}.reinvocationPolicy"
    )
    seconds = webhook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= 30:
        text = "the timeout value must be between 1 and 30 seconds"
        errors.append(invalid(f"{path}.timeoutSeconds", seconds, text))
    for name in ("namespaceSelector", "objectSelector"):
        labels.selector(webhook.get(name), f"{path}.{name}", errors)
    errors += _client(webhook.get("clientConfig") or {}, f"{path}.clientConfig")
    return errors + condition_errors(webhook.get("matchConditions"), f"{path}.matchConditions")


def qualified_name(name: str, path: str) -> list[FieldError]:
    """A domain of at least three segments (IsFullyQualifiedName)."""
    if not name:
        return [required(path)]
    texts = names.dns_subdomain(name)
    if texts:
        return [invalid(path, name, ",".join(texts))]
    if name.count(".") < 2:
        text = "should be a domain with at least three segments separated by dots"
        return [invalid(path, name, text)]
    return []


def _review_versions(versions: Sequence[str], path: str) -> list[FieldError]:
    if not versions:
        text = "must specify one of v1, v1beta1"
        return [required(path, text)]
    errors: list[FieldError] = []
    for at, version in enumerate(versions):
        if version in versions[:at]:
            text = "duplicate version"
            errors.append(invalid(f"{path}[{at}]", version, text))
        for text in names.dns_label1035(version):
            errors.append(invalid(f"{path}[{at}]", version, text))
    if not errors and "v1" not in versions:
        text = "must include at least one of v1, v1beta1"
        if "v1beta1" not in versions:
            errors.append(invalid(path, list(versions), text))
    return errors


def _one_of(value: str | None, allowed: Sequence[str], path: str) -> list[FieldError]:
    return [] if value is None or value in allowed else [not_supported(path, value, allowed)]


def rule_errors(rule: Mapping[str, Any], path: str) -> list[FieldError]:
    """Of a RuleWithOperations."""
    errors: list[FieldError] = []
    operations = rule.get("operations") or []
    if not operations:
        errors.append(required(f"{path}.operations"))
    if len(operations) > 1 and "*" in operations:
        text = "if '*' is present, must not specify other operations"
        errors.append(invalid(f"{path}.operations", operations, text))
    errors += [
        not_supported(f"{path}.operations[{at}]", each, OPERATIONS)
        for at, each in enumerate(operations)
        if each not in OPERATIONS
    ]
    for field, word in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        listed = rule.get(field) or []
        if not listed:
            errors.append(required(f"{path}.{field}"))
        if len(listed) > 1 and "*" in listed:
            text = f"if '*' is present, must not specify other {word}"
            errors.append(invalid(f"{path}.{field}", listed, text))
    for at, version in enumerate(rule.get("apiVersions") or ()):
        if not version:
            errors.append(required(f"{path}.apiVersions[{at}]"))
    errors += _resources(rule.get("resources") or [], f"{path}.resources")
    return errors + _one_of(rule.get("scope"), SCOPES, f"{path}.scope")


def _resources(resources: Sequence[str], path: str) -> list[FieldError]:
    if not resources:
        return [required(path)]
    errors: list[FieldError] = []
    for at, resource in enumerate(resources):
        if not resource:
            errors.append(required(f"{path}[{at}]"))
    if len(resources) > 1 and "*/*" in resources:
        text = "if '*/*' is present, must not specify other resources"
        errors.append(invalid(path, list(resources), text))
    elif (
        len(resources) > 1 and "*" in resources and any("/" not in e for e in resources if e != "*")
    ):
        text = "if '*' is present, must not specify other resources without subresources"
        errors.append(invalid(path, list(resources), text))
    return errors


def _client(client: Mapping[str, Any], path: str) -> list[FieldError]:
    url, service = client.get("url"), client.get("service")
    if (url is None) == (service is None):
        text = "exactly one of url or service is required"
        return [required(path, text)]
    return _url(url, f"{path}.url") if url is not None else _service(service, f"{path}.service")


def _url(url: str, path: str) -> list[FieldError]:
    form = "; desired format: https://host[/path]"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return [required(path, f"url must be a valid URL: {error}{form}")]
    errors: list[FieldError] = []
    if parts.scheme != "https":
        text = f"'https' is the only allowed URL scheme{form}"
        errors.append(invalid(path, parts.scheme, text))
    if not parts.hostname:
        text = f"host must be specified{form}"
        errors.append(invalid(path, parts.netloc, text))
    if parts.username is not None:
        text = "user information is not permitted in the URL"
        errors.append(invalid(path, parts.username, text))
    if parts.fragment:
        text = "fragments are not permitted in the URL"
        errors.append(invalid(path, parts.fragment, text))
    if parts.query:
        text = "query parameters are not permitted in the URL"
        errors.append(invalid(path, parts.query, text))
    return errors


def _service(service: Any, path: str) -> list[FieldError]:
    errors = [
        required(f"{path}.{field}", f"service {field} is required")
        for field in ("name", "namespace")
        if not service.get(field)
    ]
    port = service.get("port")
    if port is not None and not 1 <= port <= 65535:
        text = "port is not valid: must be between 1 and 65535, inclusive"
        errors.append(invalid(f"{path}.port", port, text))
    given = service.get("path")
    if given and not given.startswith("/"):
        errors.append(invalid(f"{path}.path", given, "must start with a '/'"))
    return errors


def condition_errors(conditions: Any, path: str) -> list[FieldError]:
    """Of matchConditions: names, and expressions that compile to a boolean."""
    from kctl.api.admission.expressions import expression_error

    errors: list[FieldError] = []
    if conditions and len(conditions) > 64:
        errors.append(
            FieldError(
                "FieldValueTooMany", path, "must have at most 64 items", str(len(conditions))
            )
        )
    seen: set[str] = set()
    for at, condition in enumerate(conditions or ()):
        where = f"{path}[{at}]"
        name = condition.get("name") or ""
        if not name:
            errors.append(required(child(where, "name")))
        else:
            errors += [
                invalid(child(where, "name"), name, each) for each in names.qualified_name(name)
            ]
            if name in seen:
                errors.append(
                    FieldError("FieldValueDuplicate", child(where, "name"), "", f'"{name}"')
                )
        seen.add(name)
        errors += expression_error(condition.get("expression"), child(where, "expression"), "bool")
    return errors
