"""RoleBinding: who has a role in one namespace."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Kind, Object
from kctl.api.kinds.rbac.shared import BINDING, binding_row, default_groups
from kctl.api.validation import rbac


def _validate(obj: Object) -> list[FieldError]:
    return rbac.binding(obj, namespaced=True)


KIND = Kind(
    group=rbac.GROUP,
    kind="RoleBinding",
    plural="rolebindings",
    singular="rolebinding",
    schema="io.k8s.api.rbac.v1.RoleBinding",
    columns=BINDING,
    row=binding_row,
    name_rule="path",
    default=default_groups,
    validate=_validate,
    validate_update=rbac.same_role,
)
