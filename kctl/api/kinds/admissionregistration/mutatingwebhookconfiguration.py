"""MutatingWebhookConfiguration: who outside is asked about writes."""

from __future__ import annotations

from kctl.api.admission.matching import REF
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.admissionregistration.shared import default_webhooks, validate_webhooks
from kctl.api.kinds.cells import AGE, NAME, age


def _default(obj: Object) -> None:
    default_webhooks(obj, mutating=True)


def _row(obj: Object) -> list[Cell]:
    return [obj["metadata"]["name"], len(obj.get("webhooks") or ()), age(obj)]


KIND = Kind(
    group="admissionregistration.k8s.io",
    kind="MutatingWebhookConfiguration",
    plural="mutatingwebhookconfigurations",
    singular="mutatingwebhookconfiguration",
    categories=("api-extensions",),
    namespaced=False,
    schema="io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
    columns=(NAME, Column("Webhooks", type="integer"), AGE),
    row=_row,
    default=_default,
    validate=validate_webhooks,
    has_generation=True,
    refs=lambda obj: (REF,),
)
