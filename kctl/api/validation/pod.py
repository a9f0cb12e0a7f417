"""Rules of a pod itself, beside those of its spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, forbidden, invalid
from kctl.api.validation.annotations import pod_annotations
from kctl.api.validation.pod_spec import pod_spec


def validate_pod(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj["spec"]
    annotations = obj["metadata"].get("annotations")
    if annotations:
        pod_annotations(annotations, "metadata.annotations", errors)
    pod_spec(spec, "spec", errors, in_pod=True)
    if not spec.get("serviceAccountName"):
        _tokens(spec, errors)
    for name in ("containers", "initContainers"):
        for at, container in enumerate(spec.get(name) or ()):
            image = container.get("image") or ""
            if image != image.strip():
                text = "must not have leading or trailing whitespace"
                errors.append(invalid(f"spec.{name}[{at}].image", image, text))
    if spec.get("nodeName") and spec.get("schedulingGates"):
        text = "cannot be set until all schedulingGates have been cleared"
        errors.append(forbidden("spec.nodeName", text))
    return errors


def validate_pod_create(obj: Mapping[str, Any]) -> list[FieldError]:
    """Ephemeral containers come through a subresource of their own."""
    if obj["spec"].get("ephemeralContainers"):
        return [forbidden("spec.ephemeralContainers", "cannot be set on create")]
    return []


def _tokens(spec: Mapping[str, Any], errors: list[FieldError]) -> None:
    for at, volume in enumerate(spec.get("volumes") or ()):
        for number, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
            if source.get("serviceAccountToken") is not None:
                where = f"spec.volumes[{at}].projected.sources[{number}].serviceAccountToken"
                text = "must not be specified when serviceAccountName is not set"
                errors.append(forbidden(where, text))
