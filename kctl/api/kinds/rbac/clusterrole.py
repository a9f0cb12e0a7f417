"""ClusterRole: what may be done in the whole cluster, or wherever a binding puts it."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Kind, Object
from kctl.api.kinds.rbac.shared import CREATED, created_row, rules_there
from kctl.api.validation import rbac


def _validate(obj: Object) -> list[FieldError]:
    rules = rbac.rules(obj.get("rules"), namespaced=False)
    return rules + rbac.aggregation(obj.get("aggregationRule"))


KIND = Kind(
    group=rbac.GROUP,
    kind="ClusterRole",
    plural="clusterroles",
    singular="clusterrole",
    namespaced=False,
    schema="io.k8s.api.rbac.v1.ClusterRole",
    columns=CREATED,
    row=created_row,
    name_rule="path",
    default=rules_there,
    validate=_validate,
)
