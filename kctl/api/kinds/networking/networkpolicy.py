"""NetworkPolicy: which traffic pods take and send."""

from __future__ import annotations

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, age, part, selector
from kctl.api.validation.networkpolicy import networkpolicy


def _default(obj: Object) -> None:
    """SetDefaults_NetworkPolicy: ingress always, egress where there are rules for it."""
    spec = part(obj, "spec")
    part(spec, "podSelector")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    for group in ("ingress", "egress"):
        for rule in spec.get(group) or ():
            for port in rule.get("ports") or ():
                if not port.get("protocol"):
                    port["protocol"] = "TCP"


def _row(obj: Object) -> list[Cell]:
    chosen = (obj.get("spec") or {}).get("podSelector")
    return [obj["metadata"]["name"], selector(chosen) or NONE, age(obj)]


KIND = Kind(
    group="networking.k8s.io",
    kind="NetworkPolicy",
    plural="networkpolicies",
    singular="networkpolicy",
    short_names=("netpol",),
    schema="io.k8s.api.networking.v1.NetworkPolicy",
    columns=(NAME, Column("Pod-Selector"), AGE),
    row=_row,
    default=_default,
    validate=networkpolicy,
    has_generation=True,
)
