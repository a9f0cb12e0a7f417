"""What a CustomResourceDefinition must satisfy (ValidateCustomResourceDefinition of v1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.crd.columns import PathError, parse_path
from kctl.api.crd.structural import validate_schema
from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.kind import Object
from kctl.api.validation.values import immutable

SCOPES = ("Cluster", "Namespaced")
COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
COLUMN_FORMATS = (
    "binary", "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
)  # fmt: skip
_MIXED = "may have mixed case, but should otherwise match: "
_APPROVAL = "api-approved.kubernetes.io"
_PROTECTED = (".k8s.io", ".kubernetes.io")
_NO_WEBHOOK = (
    "conversion by webhook is not supported by this control plane: serve one version, or use "
    'the strategy "None"'
)


def validate(obj: Object) -> list[FieldError]:
    """On create and on update."""
    spec = obj.get("spec") or {}
    naming = spec.get("names") or {}
    errors: list[FieldError] = []
    name = obj["metadata"].get("name") or ""
    expected = f"{naming.get('plural', '')}.{spec.get('group', '')}"
    if name != expected:
        errors.append(invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    errors += _group(spec.get("group") or "")
    errors += _approval(obj, spec.get("group") or "")
    errors += _scope(spec.get("scope") or "")
    if spec.get("preserveUnknownFields"):
        text = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
            "spec.versions[*].schema instead"
        )
        errors.append(invalid("spec.preserveUnknownFields", True, text))
    errors += _names(naming)
    errors += _versions(spec.get("versions") or [])
    errors += _conversion(spec)
    return errors


def _group(group: str) -> list[FieldError]:
    if not group:
        return [required("spec.group")]
    texts = names.dns_subdomain(group)
    if texts:
        return [invalid("spec.group", group, ",".join(texts))]
    if "." not in group:
        return [invalid("spec.group", group, "should be a domain with at least one dot")]
    return []


def _approval(obj: Object, group: str) -> list[FieldError]:
    """Groups of the Kubernetes project want a word of approval."""
    if not group.endswith(_PROTECTED) and group not in ("k8s.io", "kubernetes.io"):
        return []
    value = (obj["metadata"].get("annotations") or {}).get(_APPROVAL, "")
    field = f"metadata.annotations[{_APPROVAL}]"
    if not value:
        text = (
            'protected groups must have approval annotation "api-approved.kubernetes.io", see '
            "https://github.com/kubernetes/enhancements/pull/1111"
        )
        return [required(field, text)]
    if value.startswith(("http://", "https://", "unapproved")):
        return []
    text = (
        'protected groups must have approval annotation "api-approved.kubernetes.io" with '
        'either a URL or a reason starting with "unapproved", see '
        "https://github.com/kubernetes/enhancements/pull/1111"
    )
    return [invalid(field, value, text)]


def _scope(scope: str) -> list[FieldError]:
    if not scope:
        return [required("spec.scope")]
    return [] if scope in SCOPES else [not_supported("spec.scope", scope, SCOPES)]


def _names(naming: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    path = "spec.names"
    for field in ("plural", "singular", "kind", "listKind"):
        value = naming.get(field) or ""
        if not value:
            errors.append(required(f"{path}.{field}"))
            continue
        mixed = field in ("kind", "listKind")
        texts = names.dns_label1035(value.lower() if mixed else value)
        if texts:
            prefix = _MIXED if mixed else ""
            errors.append(invalid(f"{path}.{field}", value, prefix + ",".join(texts)))
    for field in ("shortNames", "categories"):
        for at, word in enumerate(naming.get(field) or ()):
            texts = names.dns_label1035(word)
            if texts:
                errors.append(invalid(f"{path}.{field}[{at}]", word, ",".join(texts)))
    if naming.get("kind") and naming.get("kind") == naming.get("listKind"):
        text = "kind and listKind may not be the same"
        errors.append(invalid(f"{path}.listKind", naming["listKind"], text))
    return errors


def _versions(versions: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    path = "spec.versions"
    if not versions:
        return [required(path, "must have at least one version")]
    errors: list[FieldError] = []
    for at, version in enumerate(versions):
        errors += _version(version, f"{path}[{at}]")
    listed = [each.get("name") for each in versions]
    if len(set(listed)) != len(listed):
        errors.append(FieldError("FieldValueInvalid", path, "must contain unique version names"))
    if sum(bool(each.get("storage")) for each in versions) != 1:
        text = "must have exactly one version marked as storage version"
        errors.append(FieldError("FieldValueInvalid", path, text))
    return errors


def _version(version: Mapping[str, Any], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    name = version.get("name") or ""
    texts = names.dns_label1035(name)
    if texts:
        errors.append(invalid(f"{path}.name", name, ",".join(texts)))
    warning = version.get("deprecationWarning")
    if warning and not version.get("deprecated"):
        text = "can only be set for deprecated versions"
        errors.append(invalid(f"{path}.deprecationWarning", warning, text))
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        errors.append(required(f"{path}.schema.openAPIV3Schema", "schemas are required"))
    else:
        errors += validate_schema(schema, f"{path}.schema.openAPIV3Schema")
    for at, column in enumerate(version.get("additionalPrinterColumns") or ()):
        errors += _column(column, f"{path}.additionalPrinterColumns[{at}]")
    errors += _scale((version.get("subresources") or {}).get("scale"), f"{path}.subresources.scale")
    for at, each in enumerate(version.get("selectableFields") or ()):
        errors += _path(each.get("jsonPath"), f"{path}.selectableFields[{at}].jsonPath")
    return errors


def _column(column: Mapping[str, Any], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if not column.get("name"):
        errors.append(required(f"{path}.name"))
    kind = column.get("type") or ""
    if not kind:
        text = f"must be one of {','.join(COLUMN_TYPES)}"
        errors.append(required(f"{path}.type", text))
    elif kind not in COLUMN_TYPES:
        text = f"must be one of {','.join(COLUMN_TYPES)}"
        errors.append(invalid(f"{path}.type", kind, text))
    if column.get("format") and column["format"] not in COLUMN_FORMATS:
        text = f"must be one of {','.join(COLUMN_FORMATS)}"
        errors.append(invalid(f"{path}.format", column["format"], text))
    return errors + _path(column.get("jsonPath"), f"{path}.jsonPath")


def _path(value: Any, path: str) -> list[FieldError]:
    if not value:
        return [required(path)]
    try:
        parse_path(value)
    except PathError as error:
        return [invalid(path, value, str(error))]
    return []


def _scale(scale: Mapping[str, Any] | None, path: str) -> list[FieldError]:
    if scale is None:
        return []
    errors: list[FieldError] = []
    for field, begin in (
        ("specReplicasPath", (".spec.",)),
        ("statusReplicasPath", (".status.",)),
        ("labelSelectorPath", (".spec.", ".status.")),
    ):
        value = scale.get(field) or ""
        if not value:
            if field != "labelSelectorPath":
                errors.append(required(f"{path}.{field}"))
            continue
        if "[" in value or not value.startswith("."):
            text = "should be a json path under " + " or ".join(begin).rstrip(".")
            text = f"invalid path: {value}" if "[" in value else text
            errors.append(invalid(f"{path}.{field}", value, text))
        elif not value.startswith(begin):
            text = "should be a json path under either .spec or .status"
            if len(begin) == 1:
                text = f"should be a json path under {begin[0].rstrip('.')}"
            errors.append(invalid(f"{path}.{field}", value, text))
    return errors


def _conversion(spec: Mapping[str, Any]) -> list[FieldError]:
    path = "spec.conversion"
    conversion = spec.get("conversion") or {}
    strategy = conversion.get("strategy") or ""
    if not strategy:
        return [required(f"{path}.strategy")]
    if strategy not in ("None", "Webhook"):
        return [not_supported(f"{path}.strategy", strategy, ("None", "Webhook"))]
    webhook = conversion.get("webhook")
    if strategy == "None":
        if webhook is not None:
            text = "should not be set when strategy is not set to Webhook"
            return [forbidden(f"{path}.webhook", text)]
        return []
    if webhook is None or not webhook.get("clientConfig"):
        text = "required when strategy is set to Webhook"
        return [required(f"{path}.webhook.clientConfig", text)]
    versions = spec.get("versions") or ()
    if len([each for each in versions if each.get("served") or each.get("storage")]) > 1:
        return [forbidden(f"{path}.strategy", _NO_WEBHOOK)]
    return []


def validate_update(new: Object, old: Object) -> list[FieldError]:
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    errors: list[FieldError] = []
    conditions = (old.get("status") or {}).get("conditions") or ()
    if any(
        each.get("type") == "Established" and each.get("status") == "True" for each in conditions
    ):
        errors += immutable(spec.get("scope"), before.get("scope"), "spec.scope")
        kind = (spec.get("names") or {}).get("kind")
        errors += immutable(kind, (before.get("names") or {}).get("kind"), "spec.names.kind")
    errors += immutable(spec.get("group"), before.get("group"), "spec.group")
    plural = (spec.get("names") or {}).get("plural")
    errors += immutable(plural, (before.get("names") or {}).get("plural"), "spec.names.plural")
    return errors + _stored_versions(new)


def _stored_versions(new: Object) -> list[FieldError]:
    """No version may go in which objects may be stored."""
    stored = (new.get("status") or {}).get("storedVersions") or []
    path = "status.storedVersions"
    versions = new["spec"].get("versions") or ()
    if not stored:
        return [invalid(path, stored, "must have at least one stored version")]
    known = [each.get("name") for each in versions]
    errors = [
        invalid(
            f"{path}[{at}]",
            each,
            f"missing from spec.versions; {each} was previously a storage version, and must "
            f"remain in spec.versions until a storage migration ensures no data remains "
            f"persisted in {each} and removes {each} from status.storedVersions",
        )
        for at, each in enumerate(stored)
        if each not in known
    ]
    storage = next((each.get("name") for each in versions if each.get("storage")), "")
    if storage and storage not in stored:
        errors.append(invalid(path, stored, f"must have the storage version {storage}"))
    return errors
