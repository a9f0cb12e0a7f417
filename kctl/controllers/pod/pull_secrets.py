"""Credentials for registries that a pod or its service account names."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from kctl.controllers.types import Object, View


def pull_secrets(pod: Object, view: View) -> tuple[Mapping[str, Any], ...]:
    """The decoded .dockerconfigjson documents, in order; a .dockercfg becomes one."""
    namespace = pod["metadata"]["namespace"]
    found = []
    for name in _names(pod, view):
        secret = view.get("secrets", namespace, name)
        document = _document(secret) if secret is not None else None
        if document is not None:
            found.append(document)
    return tuple(found)


def missing(pod: Object, view: View) -> list[str]:
    """Names of pull secrets that are not there, or hold no credentials."""
    namespace = pod["metadata"]["namespace"]
    return [
        name
        for name in _names(pod, view)
        if (secret := view.get("secrets", namespace, name)) is None or _document(secret) is None
    ]


def _names(pod: Object, view: View) -> list[str]:
    spec = pod["spec"]
    listed = list(spec.get("imagePullSecrets") or ())
    if not listed:
        account = spec.get("serviceAccountName") or "default"
        found = view.get("serviceaccounts", pod["metadata"]["namespace"], account)
        listed = list((found or {}).get("imagePullSecrets") or ())
    return [each["name"] for each in listed if each.get("name")]


def _document(secret: Object) -> Mapping[str, Any] | None:
    data = secret.get("data") or {}
    try:
        if ".dockerconfigjson" in data:
            document = json.loads(base64.b64decode(data[".dockerconfigjson"]))
        elif ".dockercfg" in data:
            document = {"auths": json.loads(base64.b64decode(data[".dockercfg"]))}
        else:
            return None
    except (binascii.Error, ValueError):
        return None
    return document if isinstance(document, dict) else None
