"""Role: what may be done in one namespace."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Kind, Object
from kctl.api.kinds.rbac.shared import CREATED, created_row, rules_there
from kctl.api.validation import rbac


def _validate(obj: Object) -> list[FieldError]:
    return rbac.rules(obj.get("rules"), namespaced=True)


KIND = Kind(
    group=rbac.GROUP,
    kind="Role",
    plural="roles",
    singular="role",
    schema="io.k8s.api.rbac.v1.Role",
    columns=CREATED,
    row=created_row,
    name_rule="path",
    default=rules_there,
    validate=_validate,
)
