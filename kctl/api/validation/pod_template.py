"""Pod templates inside workloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required, too_long
from kctl.api.selectors import from_object
from kctl.api.validation import labels
from kctl.api.validation.annotations import pod_annotations
from kctl.api.validation.pod_spec import pod_spec
from kctl.api.validation.values import named

_ANNOTATION_BYTES = 256 * 1024


def pod_template(
    template: Mapping[str, Any] | None,
    selector: Mapping[str, Any] | None,
    path: str,
    errors: list[FieldError],
) -> None:
    """A template whose pods a selector must find, and which run for ever."""
    if template is None:
        errors.append(required(path))
        return
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    found = meta.get("labels")
    if not from_object(selector).matches(found):
        text = "`selector` does not match template `labels`"
        errors.append(invalid(f"{path}.metadata.labels", found, text))
    template_parts(template, path, errors)
    if spec.get("restartPolicy") != "Always":
        policy = spec.get("restartPolicy") or ""
        errors.append(not_supported(f"{path}.spec.restartPolicy", policy, ("Always",)))
    if spec.get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in ReplicaSet is not Supported"
        errors.append(forbidden(f"{path}.spec.activeDeadlineSeconds", text))


def template_parts(template: Mapping[str, Any], path: str, errors: list[FieldError]) -> None:
    """What holds for the template of any kind (ValidatePodTemplateSpec)."""
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    labels.labels(meta.get("labels"), f"{path}.labels", errors)
    if meta.get("annotations"):
        _annotations(meta["annotations"], f"{path}.annotations", errors)
        pod_annotations(meta["annotations"], f"{path}.annotations", errors)
    pod_spec(spec, f"{path}.spec", errors, in_pod=False)
    if spec.get("ephemeralContainers"):
        where = f"{path}.spec.ephemeralContainers"
        errors.append(forbidden(where, "ephemeral containers not allowed in pod template"))


def _annotations(annotations: Mapping[str, str], path: str, errors: list[FieldError]) -> None:
    total = 0
    for name, value in annotations.items():
        if names.qualified_name(name.lower()):
            named(name, path, lambda text: names.qualified_name(text.lower()), errors)
        total += len(name.encode()) + len((value or "").encode())
    if total > _ANNOTATION_BYTES:
        errors.append(too_long(path, _ANNOTATION_BYTES))
