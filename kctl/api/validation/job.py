"""Jobs (ValidateJob of batch/v1); the order of the checks is Kubernetes' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, invalid, not_supported, required
from kctl.api.selectors import from_object
from kctl.api.validation import labels
from kctl.api.validation.job_policies import failure_policy, replacement_policy, success_policy
from kctl.api.validation.pod_template import template_parts
from kctl.api.validation.values import non_negative

Spec = Mapping[str, Any]

MODES = ("NonIndexed", "Indexed")
_MOST = 100_000
_NUMBERS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)


def job(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec, meta = obj["spec"], obj["metadata"]
    if not spec.get("manualSelector") and spec.get("selector") is not None:
        _generated(obj, errors)
    selected_spec(spec, errors)
    completions = spec.get("completions") or 0
    if spec.get("completionMode") == "Indexed" and completions > 0:
        host = f"{meta.get('name', '')}-{completions - 1}"
        if names.dns_label(host):
            text = f"will not able to create pod with invalid DNS label: {host}"
            errors.append(invalid("metadata.name", meta.get("name", ""), text))
    return errors


def _generated(obj: Mapping[str, Any], errors: list[FieldError]) -> None:
    """The labels and the selector are those that the job was given."""
    uid, name = obj["metadata"].get("uid", ""), obj["metadata"].get("name", "")
    meta = obj["spec"]["template"].get("metadata") or {}
    found = meta.get("labels") or {}
    path = "spec.template.metadata.labels"
    for prefix in ("", "batch.kubernetes.io/"):
        for label, wanted in ((f"{prefix}controller-uid", uid), (f"{prefix}job-name", name)):
            if label not in found:
                errors.append(required(f"{path}[{label}]", f"must be '{wanted}'"))
            elif found[label] != wanted:
                errors.append(invalid(f"{path}[{label}]", found, f"must be '{wanted}'"))
    selector = obj["spec"]["selector"]
    allowed = [
        {"matchLabels": {f"{prefix}controller-uid": uid}} for prefix in ("", "batch.kubernetes.io/")
    ]
    if selector not in allowed:
        errors.append(invalid("spec.selector", selector, "`selector` not auto-generated"))


def selected_spec(spec: Spec, errors: list[FieldError]) -> None:
    """The spec of a job itself (ValidateJobSpec)."""
    job_spec(spec, "spec", errors)
    selector = spec.get("selector")
    if selector is None:
        errors.append(required("spec.selector"))
    else:
        labels.selector(selector, "spec.selector", errors)
    found = (spec["template"].get("metadata") or {}).get("labels")
    if not from_object(selector).matches(found):
        text = "`selector` does not match template `labels`"
        errors.append(invalid("spec.template.metadata.labels", found, text))


def job_spec(spec: Spec, path: str, errors: list[FieldError]) -> None:
    """What holds for the template of a cron job too (validateJobSpec)."""
    for name in _NUMBERS:
        non_negative(spec.get(name), f"{path}.{name}", errors)
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        text = "when maxFailedIndexes is specified"
        errors.append(required(f"{path}.backoffLimitPerIndex", text))
    if spec.get("managedBy") is not None:
        _managed_by(spec["managedBy"], f"{path}.managedBy", errors)
    mode = spec.get("completionMode")
    if mode is not None and mode not in MODES:
        errors.append(not_supported(f"{path}.completionMode", mode, MODES))
    if mode == "Indexed":
        _indexed(spec, path, errors)
    elif mode in (None, "NonIndexed"):
        for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(name) is not None:
                text = "requires indexed completion mode"
                errors.append(invalid(f"{path}.{name}", spec[name], text))
    if spec.get("podFailurePolicy") is not None:
        failure_policy(spec, f"{path}.podFailurePolicy", errors)
    if spec.get("successPolicy") is not None:
        success_policy(spec, f"{path}.successPolicy", errors)
    replacement_policy(spec, f"{path}.podReplacementPolicy", errors)
    template_parts(spec["template"], f"{path}.template", errors)
    _restart(spec, f"{path}.template.spec.restartPolicy", errors)


def _indexed(spec: Spec, path: str, errors: list[FieldError]) -> None:
    completions, most = spec.get("completions"), spec.get("maxFailedIndexes")
    if completions is None:
        errors.append(required(f"{path}.completions", "when completion mode is Indexed"))
    if (spec.get("parallelism") or 0) > _MOST:
        text = f"must be less than or equal to {_MOST} when completion mode is Indexed"
        errors.append(invalid(f"{path}.parallelism", spec["parallelism"], text))
    if completions is not None and most is not None and most > completions:
        text = "must be less than or equal to completions"
        errors.append(invalid(f"{path}.maxFailedIndexes", most, text))
    if most is not None and most > _MOST:
        text = f"must be less than or equal to {_MOST}"
        errors.append(invalid(f"{path}.maxFailedIndexes", most, text))


def _managed_by(value: str, path: str, errors: list[FieldError]) -> None:
    domain, slash, rest = value.partition("/")
    if not value:
        errors.append(required(path))
    elif not slash or not domain or not rest:
        text = 'must be a domain-prefixed path (such as "acme.io/foo")'
        errors.append(invalid(path, value, text))
    else:
        for text in names.dns_subdomain(domain):
            errors.append(invalid(path, domain, text))


def _restart(spec: Spec, path: str, errors: list[FieldError]) -> None:
    policy = (spec["template"].get("spec") or {}).get("restartPolicy") or ""
    if policy in ("", "Always"):
        errors.append(required(path, 'valid values: "OnFailure", "Never"'))
    elif policy not in ("OnFailure", "Never"):
        errors.append(not_supported(path, policy, ("OnFailure", "Never")))
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        text = 'only "Never" is supported when podFailurePolicy is specified'
        errors.append(invalid(path, policy, text))
