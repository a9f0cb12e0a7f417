"""The address families of a service. kctl's networks are IPv4 alone, so this follows what
Kubernetes does in a single-stack IPv4 cluster."""

from __future__ import annotations

import ipaddress

from kctl.api.errors import invalid
from kctl.api.fields import FieldError
from kctl.api.fields import invalid as invalid_field
from kctl.api.kind import Object
from kctl.api.kinds.shared.service_fields import Spec, headless
from kctl.api.validation.values import is_ip

_IPV4 = "IPv4"
_BOTH = ("IPv4", "IPv6")


def choose_families(obj: Object) -> None:
    """Write spec.ipFamilies and spec.ipFamilyPolicy; raises 422 for what needs IPv6."""
    spec = obj["spec"]
    families = list(spec.get("ipFamilies") or _from_addresses(spec))
    if headless(spec) and not spec.get("selector"):
        _without_selector(spec, families)
        return
    errors = _errors(spec, families)
    if errors:
        raise invalid("", "Service", obj["metadata"].get("name", ""), errors)
    if spec.get("ipFamilyPolicy") is None:
        spec["ipFamilyPolicy"] = "SingleStack"
    spec["ipFamilies"] = families or [_IPV4]


def _from_addresses(spec: Spec) -> list[str]:
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP") or ""]
    return [f"IPv{ipaddress.ip_address(each).version}" for each in addresses if is_ip(each)]


def _without_selector(spec: Spec, families: list[str]) -> None:
    """A headless service without a selector gets its endpoints from elsewhere, of any
    family: it asks for both unless it says otherwise."""
    if spec.get("ipFamilyPolicy") is None:
        spec["ipFamilyPolicy"] = "SingleStack" if len(families) == 1 else "RequireDualStack"
    families = families or [_IPV4]
    if len(families) == 1 and spec["ipFamilyPolicy"] != "SingleStack":
        families += [each for each in _BOTH if each not in families]
    spec["ipFamilies"] = families


def _errors(spec: Spec, families: list[str]) -> list[FieldError]:
    policy, where = spec.get("ipFamilyPolicy"), "spec.ipFamilyPolicy"
    errors = []
    if len(families) > 1 and policy in (None, "SingleStack"):
        text = "must be RequireDualStack or PreferDualStack when multiple ipFamilies are specified"
        errors.append(invalid_field(where, policy, text))
    if policy == "RequireDualStack":
        text = "this cluster is not configured for dual-stack services"
        errors.append(invalid_field(where, policy, text))
    for at, family in enumerate(families):
        if family == "IPv6":
            text = "not configured on this cluster"
            errors.append(invalid_field(f"spec.ipFamilies[{at}]", family, text))
    return errors
