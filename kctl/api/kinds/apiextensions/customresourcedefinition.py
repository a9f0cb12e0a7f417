"""CustomResourceDefinition: a kind that a user brings."""

from __future__ import annotations

from kctl.api.crd.definition import validate, validate_update
from kctl.api.crd.form import settle_schemas
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import NAME, part

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"


def _default(obj: Object) -> None:
    """SetDefaults_CustomResourceDefinitionSpec."""
    settle_schemas(KIND, obj)
    spec = part(obj, "spec")
    names = part(spec, "names")
    kind = names.get("kind") or ""
    if kind and not names.get("singular"):
        names["singular"] = kind.lower()
    if kind and not names.get("listKind"):
        names["listKind"] = f"{kind}List"
    if not spec.get("conversion"):
        spec["conversion"] = {"strategy": "None"}
    webhook = spec["conversion"].get("webhook") or {}
    service = (webhook.get("clientConfig") or {}).get("service")
    if service and not service.get("port"):
        service["port"] = 443


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _prepare_status(new: Object, old: Object) -> None:
    """Status alone: metadata stays but for what every kind lets through."""


def _begin_delete(obj: Object) -> None:
    """What the server shows at once; a controller deletes the objects then."""
    status = part(obj, "status")
    kept = [each for each in status.get("conditions") or () if each.get("type") != "Terminating"]
    status["conditions"] = [
        *kept,
        {
            "type": "Terminating",
            "status": "True",
            "lastTransitionTime": obj["metadata"].get("deletionTimestamp"),
            "reason": "InstanceDeletionPending",
            "message": "CustomResourceDefinition marked for deletion; CustomResource deletion "
            "will be initiated soon",
        },
    ]


def _claims(obj: Object) -> tuple[str, ...]:
    """The names that no other definition of the group may take."""
    names = (obj.get("status") or {}).get("acceptedNames") or {}
    return tuple(f"{claims_of(obj)}{name}" for name in sorted(claimed(names)))


def claims_of(obj: Object) -> str:
    """What the claims of a definition's group begin with."""
    return f"crd/{obj['spec'].get('group', '')}/"


def claimed(names: Object) -> set[str]:
    """Resources as "name/..." and kinds as "kind/..."."""
    words = [names.get("plural"), names.get("singular"), *(names.get("shortNames") or ())]
    kinds = [names.get("kind"), names.get("listKind")]
    return {f"name/{word}" for word in words if word} | {f"kind/{word}" for word in kinds if word}


def _row(obj: Object) -> list[Cell]:
    meta = obj["metadata"]
    return [meta["name"], meta.get("creationTimestamp") or ""]


KIND = Kind(
    group="apiextensions.k8s.io",
    kind="CustomResourceDefinition",
    plural="customresourcedefinitions",
    singular="customresourcedefinition",
    short_names=("crd", "crds"),
    categories=("api-extensions",),
    namespaced=False,
    schema="io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
    columns=(NAME, Column("Created At", type="date")),
    row=_row,
    default=_default,
    prepare_update=_prepare_update,
    prepare_status=_prepare_status,
    validate=validate,
    validate_update=validate_update,
    has_status=True,
    has_generation=True,
    claims=_claims,
    begin_delete=_begin_delete,
)
