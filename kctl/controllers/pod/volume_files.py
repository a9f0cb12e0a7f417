"""The files of configMap, secret, downwardAPI and projected volumes.

https://kubernetes.io/docs/concepts/storage/projected-volumes/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from kctl.controllers.pod.fields import NoSuchField, PodFields
from kctl.controllers.types import Object, View
from kctl.runtime.operations import TokenFile

Files = dict[str, tuple[bytes, int]]
"""path in the volume -> (contents, mode)"""
DEFAULT_MODE = 0o644


class MountFailed(Exception):
    """A volume cannot be filled; the message is the event's."""


class _Broken(Exception):
    pass


def volume_files(pod: Object, view: View, fields: PodFields) -> Mapping[str, Files]:
    """By volume name, those volumes alone that have files. Raises MountFailed."""
    found = {}
    for volume in pod["spec"].get("volumes") or ():
        try:
            files = _volume(volume, pod["metadata"]["namespace"], view, fields)
        except (_Broken, NoSuchField) as error:
            name = volume["name"]
            raise MountFailed(f'MountVolume.SetUp failed for volume "{name}" : {error}') from None
        if files is not None:
            found[volume["name"]] = files
    return found


def unhonoured(pod: Object) -> list[str]:
    """What the pod's volumes ask for that nothing here provides, one sentence each."""
    return [
        f'volume "{volume["name"]}": a projected {kind} is left out, nothing here issues one'
        for volume in pod["spec"].get("volumes") or ()
        for source in (volume.get("projected") or {}).get("sources") or ()
        for kind in ("clusterTrustBundle", "podCertificate")
        if kind in source
    ]


def token_files(pod: Object, view: View, node: Object | None) -> tuple[TokenFile, ...]:
    """The tokens that projected volumes ask for. Raises MountFailed."""
    return tuple(
        _token(volume, source["serviceAccountToken"], pod, view, node)
        for volume in pod["spec"].get("volumes") or ()
        for source in (volume.get("projected") or {}).get("sources") or ()
        if "serviceAccountToken" in source
    )


def _token(
    volume: Mapping[str, Any],
    source: Mapping[str, Any],
    pod: Object,
    view: View,
    node: Object | None,
) -> TokenFile:
    name = pod["spec"].get("serviceAccountName") or "default"
    account = view.get("serviceaccounts", pod["metadata"]["namespace"], name)
    if account is None:
        raise MountFailed(
            f'MountVolume.SetUp failed for volume "{volume["name"]}" : failed to fetch token: '
            f'serviceaccounts "{name}" not found'
        )
    return TokenFile(
        volume["name"],
        source["path"],
        _mode(volume["projected"]),
        account["metadata"]["uid"],
        source.get("audience") or "",
        source.get("expirationSeconds") or TokenFile._field_defaults["seconds"],
        node["metadata"]["uid"] if node else "",
    )


def _volume(
    volume: Mapping[str, Any], namespace: str, view: View, fields: PodFields
) -> Files | None:
    if "configMap" in volume:
        source = volume["configMap"]
        return _config_map(source, namespace, view, _mode(source))
    if "secret" in volume:
        source = volume["secret"]
        renamed = {**source, "name": source.get("secretName", "")}
        return _secret(renamed, namespace, view, _mode(source))
    if "downwardAPI" in volume:
        source = volume["downwardAPI"]
        return _downward(source, fields, _mode(source))
    if "projected" in volume:
        return _projected(volume["projected"], namespace, view, fields)
    return None


def _mode(source: Mapping[str, Any]) -> int:
    mode = source.get("defaultMode")
    return DEFAULT_MODE if mode is None else int(mode)


def _projected(volume: Mapping[str, Any], namespace: str, view: View, fields: PodFields) -> Files:
    mode = _mode(volume)
    files: Files = {}
    for source in volume.get("sources") or ():
        if "configMap" in source:
            files.update(_config_map(source["configMap"], namespace, view, mode))
        elif "secret" in source:
            files.update(_secret(source["secret"], namespace, view, mode))
        elif "downwardAPI" in source:
            files.update(_downward(source["downwardAPI"], fields, mode))
    return files


def _config_map(source: Mapping[str, Any], namespace: str, view: View, mode: int) -> Files:
    obj = view.get("configmaps", namespace, source.get("name", ""))
    if obj is None:
        return _absent(source, f'configmap "{source.get("name", "")}" not found')
    data = {name: text.encode() for name, text in (obj.get("data") or {}).items()}
    binary = {name: base64.b64decode(text) for name, text in (obj.get("binaryData") or {}).items()}
    return _picked({**data, **binary}, source, mode, "references non-existent config key")


def _secret(source: Mapping[str, Any], namespace: str, view: View, mode: int) -> Files:
    obj = view.get("secrets", namespace, source.get("name", ""))
    if obj is None:
        return _absent(source, f'secret "{source.get("name", "")}" not found')
    data = {name: base64.b64decode(text or "") for name, text in (obj.get("data") or {}).items()}
    return _picked(data, source, mode, "references non-existent secret key")


def _absent(source: Mapping[str, Any], message: str) -> Files:
    if source.get("optional"):
        return {}
    raise _Broken(message)


def _picked(
    data: Mapping[str, bytes], source: Mapping[str, Any], mode: int, complaint: str
) -> Files:
    """All keys, or the items that are listed."""
    items = source.get("items")
    if not items:
        return {name: (contents, mode) for name, contents in sorted(data.items())}
    files: Files = {}
    for item in items:
        if item["key"] not in data:
            if source.get("optional"):
                continue
            raise _Broken(f"{complaint}: {item['key']}")
        files[item["path"]] = (data[item["key"]], _item_mode(item, mode))
    return files


def _item_mode(item: Mapping[str, Any], default: int) -> int:
    mode = item.get("mode")
    return default if mode is None else int(mode)


def _downward(source: Mapping[str, Any], fields: PodFields, mode: int) -> Files:
    files: Files = {}
    for item in source.get("items") or ():
        if "fieldRef" in item:
            text = fields.field(item["fieldRef"]["fieldPath"])
        else:
            text = fields.resource(item["resourceFieldRef"], "")
        files[item["path"]] = (text.encode(), _item_mode(item, mode))
    return files
