"""The volumes of a pod or of a pod template, as `describe` shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kctl.printing.describe.writer import Writer

Object = dict[str, Any]


def volume_lines(out: Writer, volumes: Sequence[Object] | None, space: str, level: int = 0) -> None:
    """Each volume with its source; `space` is what follows the "Volumes:" title."""
    if not volumes:
        out.line(level, f"Volumes:{space}<none>")
        return
    out.line(level, "Volumes:")
    for volume in volumes:
        out.line(1, f"{' ' if level else ''}{volume['name']}:")
        source = next((name for name in SOURCES if volume.get(name) is not None), "")
        if not source:
            out.line(1, "<unknown>")
            continue
        SOURCES[source](out, volume[source] or {}, 2)


def _boolean(value: object) -> str:
    return "true" if value else "false"


def _empty_dir(out: Writer, source: Object, level: int) -> None:
    out.line(level, "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)")
    out.line(level, f"Medium:\t{source.get('medium', '')}")
    out.line(level, f"SizeLimit:\t{source.get('sizeLimit', '<unset>')}")


def _host_path(out: Writer, source: Object, level: int) -> None:
    out.line(level, "Type:\tHostPath (bare host directory volume)")
    out.line(level, f"Path:\t{source.get('path', '')}")
    out.line(level, f"HostPathType:\t{source.get('type', '')}")


def _config_map(out: Writer, source: Object, level: int) -> None:
    out.line(level, "Type:\tConfigMap (a volume populated by a ConfigMap)")
    out.line(level, f"Name:\t{source.get('name', '')}")
    out.line(level, f"Optional:\t{_boolean(source.get('optional'))}")


def _secret(out: Writer, source: Object, level: int) -> None:
    out.line(level, "Type:\tSecret (a volume populated by a Secret)")
    out.line(level, f"SecretName:\t{source.get('secretName', '')}")
    out.line(level, f"Optional:\t{_boolean(source.get('optional'))}")


def _downward(out: Writer, source: Object, level: int) -> None:
    out.line(level, "Type:\tDownwardAPI (a volume populated by information about the pod)")
    out.line(level, "Items:")
    for item in source.get("items") or []:
        if item.get("fieldRef"):
            out.line(level + 1, f"{item['fieldRef']['fieldPath']} -> {item['path']}")
        if item.get("resourceFieldRef"):
            out.line(level + 1, f"{item['resourceFieldRef']['resource']} -> {item['path']}")


def _projected(out: Writer, source: Object, level: int) -> None:
    out.line(
        level,
        "Type:\tProjected (a volume that contains injected data from multiple sources)",
    )
    for each in source.get("sources") or []:
        if each.get("secret"):
            out.line(level, f"SecretName:\t{each['secret'].get('name', '')}")
            out.line(level, f"Optional:\t{_boolean(each['secret'].get('optional'))}")
        elif each.get("downwardAPI") is not None:
            out.line(level, "DownwardAPI:\ttrue")
        elif each.get("configMap"):
            out.line(level, f"ConfigMapName:\t{each['configMap'].get('name', '')}")
            out.line(level, f"Optional:\t{_boolean(each['configMap'].get('optional'))}")
        elif each.get("serviceAccountToken"):
            seconds = each["serviceAccountToken"].get("expirationSeconds", 3600)
            out.line(level, f"TokenExpirationSeconds:\t{seconds}")


def _claim(out: Writer, source: Object, level: int) -> None:
    out.line(
        level,
        "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same "
        "namespace)",
    )
    out.line(level, f"ClaimName:\t{source.get('claimName', '')}")
    out.line(level, f"ReadOnly:\t{_boolean(source.get('readOnly'))}")


SOURCES: dict[str, Callable[[Writer, Object, int], None]] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "configMap": _config_map,
    "secret": _secret,
    "downwardAPI": _downward,
    "projected": _projected,
    "persistentVolumeClaim": _claim,
}
"""Volume source -> what is shown of it."""
