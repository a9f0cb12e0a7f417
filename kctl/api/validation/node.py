"""Nodes."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api.fields import FieldError, forbidden, invalid
from kctl.api.validation.resources import amount_of
from kctl.api.validation.tolerations import taints

_POD_CIDR = 'node updates may not change podCIDR except from "" to valid'
_PROVIDER = 'node updates may not change providerID except from "" to valid'
_CIDR_TEXT = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def validate_node(obj: Mapping[str, Any]) -> list[FieldError]:
    """The paths of taints lie under metadata, as Kubernetes reports them."""
    errors: list[FieldError] = []
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if spec.get("taints"):
        taints(spec["taints"], "metadata.taints", errors)
    for name in ("capacity", "allocatable"):
        for resource, amount in (status.get(name) or {}).items():
            amount_of(resource, amount, f"status.{name}.{resource}", errors)
    _pod_cidrs(spec.get("podCIDRs") or (), errors)
    return errors


def _pod_cidrs(listed: Sequence[str], errors: list[FieldError]) -> None:
    versions = []
    for at, value in enumerate(listed):
        try:
            versions.append(ipaddress.ip_network(value, strict=False).version)
        except ValueError:
            errors.append(invalid(f"spec.podCIDRs[{at}]", value, _CIDR_TEXT))
    if len(listed) > 1 and (len(listed) > 2 or len(set(versions)) != 2):
        text = "may specify no more than one CIDR for each IP family"
        errors.append(invalid("spec.podCIDRs", list(listed), text))


def validate_node_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    _addresses((new.get("status") or {}).get("addresses") or (), errors)
    if before.get("podCIDRs") and before["podCIDRs"] != spec.get("podCIDRs"):
        errors.append(forbidden("spec.podCIDRs", _POD_CIDR))
    if before.get("providerID") and before["providerID"] != spec.get("providerID"):
        errors.append(forbidden("spec.providerID", _PROVIDER))
    if spec.get("externalID") != before.get("externalID"):
        errors.append(forbidden("spec.externalID", "may not be updated"))
    return errors


def _addresses(listed: Sequence[Mapping[str, str]], errors: list[FieldError]) -> None:
    seen: set[tuple[str, str]] = set()
    for at, address in enumerate(listed):
        pair = (address.get("type", ""), address.get("address", ""))
        if pair in seen:
            shown = json.dumps({"Type": pair[0], "Address": pair[1]}, separators=(",", ":"))
            errors.append(FieldError("FieldValueDuplicate", f"status.addresses[{at}]", "", shown))
        seen.add(pair)
