"""Cluster addresses of services and their families: what fits together, what may change."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, duplicate, invalid, not_supported, required
from kctl.api.validation.values import ip_address, is_ip

Spec = Mapping[str, Any]

_FAMILIES = ("IPv4", "IPv6")
_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_ONCE = "may not change once set"


def is_headless(spec: Spec) -> bool:
    return list(spec.get("clusterIPs") or ()) == ["None"]


def related(spec: Spec, errors: list[FieldError]) -> None:
    """clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy against each other."""
    first, listed = spec.get("clusterIP") or "", list(spec.get("clusterIPs") or ())
    where = "spec.clusterIPs"
    if first and not listed:
        errors.append(required(where))
    elif first and listed[0] != first:
        errors.append(invalid(where, listed, "first value must match `clusterIP`"))
    elif listed and not first:
        text = "must be empty when `clusterIP` is not specified"
        errors.append(invalid(where, listed, text))
    _families(spec, errors)
    if _malformed(listed, where, errors):
        return
    if len(listed) > 1 and len({_version(each) for each in listed}) != len(listed):
        text = "may specify no more than one IP for each IP family"
        errors.append(invalid(where, listed, text))
    if not is_headless(spec):
        _match(listed, spec.get("ipFamilies") or (), errors)


def _families(spec: Spec, errors: list[FieldError]) -> None:
    seen: set[str] = set()
    for at, family in enumerate(spec.get("ipFamilies") or ()):
        if family not in _FAMILIES:
            errors.append(not_supported(f"spec.ipFamilies[{at}]", family, _FAMILIES))
        if family in seen:
            errors.append(duplicate(f"spec.ipFamilies[{at}]", family))
        seen.add(family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in _POLICIES:
        errors.append(not_supported("spec.ipFamilyPolicy", policy, _POLICIES))


def _malformed(listed: list[str], where: str, errors: list[FieldError]) -> bool:
    before = len(errors)
    for at, address in enumerate(listed):
        if at == 0 and address == "None":
            if len(listed) > 1:
                errors.append(invalid(where, listed, "'None' must be the first and only value"))
        else:
            ip_address(address, f"{where}[{at}]", errors)
    found = len(errors) > before
    if len(listed) > 2:
        errors.append(invalid(where, listed, "may only hold up to 2 values"))
    return found


def _match(
    listed: list[str], families: tuple[str, ...] | list[str], errors: list[FieldError]
) -> None:
    for at, (address, family) in enumerate(zip(listed, families, strict=False)):
        wanted = {"IPv4": 4, "IPv6": 6}.get(family)
        if wanted and _version(address) != wanted:
            text = f"expected an {family} value as indicated by `ipFamilies[{at}]`"
            errors.append(invalid(f"spec.clusterIPs[{at}]", address, text))


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version if is_ip(address) else 0


def unchanged(new: Spec, old: Spec, errors: list[FieldError]) -> None:
    """Addresses stay, except from, to and between services that have none."""
    if "ExternalName" in (new.get("type"), old.get("type")):
        return
    if not (is_headless(new) and is_headless(old)):
        _addresses(new, old, errors)
    if not is_headless(new) and not is_headless(old):
        after, before = list(new.get("ipFamilies") or ()), list(old.get("ipFamilies") or ())
        if before and after and after[0] != before[0]:
            errors.append(invalid("spec.ipFamilies[0]", after, _ONCE))


def _addresses(new: Spec, old: Spec, errors: list[FieldError]) -> None:
    after, before = list(new.get("clusterIPs") or ()), list(old.get("clusterIPs") or ())
    if len(after) == len(before):
        for at, address in enumerate(before):
            if after[at] != address:
                errors.append(invalid(f"spec.clusterIPs[{at}]", after, _ONCE))
        return
    if not after:
        text = "primary clusterIP can not be unset"
        errors.append(invalid("spec.clusterIPs[0]", after, text))
    elif before and after[0] != before[0]:
        errors.append(invalid("spec.clusterIPs[0]", after, _ONCE))
    if len(after) == 1 < len(before) and new.get("ipFamilyPolicy") != "SingleStack":
        text = "must be set to 'SingleStack' when releasing the secondary clusterIP"
        errors.append(invalid("spec.ipFamilyPolicy", new.get("ipFamilyPolicy"), text))
