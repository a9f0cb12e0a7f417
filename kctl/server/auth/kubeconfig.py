"""The context that `kctl serve` writes into a kubeconfig file, for kubectl and its like.

Only the entries of this control plane are touched: whatever else the file holds is written
back as it was read, known or not. The file is replaced whole, under the same lock file that
kubectl takes.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from kctl.api.manifests import YamlError
from kctl.api.yaml_in import read_document
from kctl.api.yaml_out import dump_yaml
from kctl.server.auth.files import write_private
from kctl.server.auth.pki import Pki

Config = dict[str, Any]
CONTEXT, CLUSTER, USER = "kctl", "kctl", "kctl-admin"
_LOCK_SECONDS = 5.0


class KubeconfigError(Exception):
    """A file that cannot be used. The text names the file and never its content."""


class Names(NamedTuple):
    """How the entries are called."""

    context: str = CONTEXT
    cluster: str = CLUSTER
    user: str = USER


OURS = Names()


def default_path() -> Path:
    """The first file of $KUBECONFIG, or ~/.kube/config: where kubectl writes."""
    listed = [each for each in os.environ.get("KUBECONFIG", "").split(os.pathsep) if each]
    return Path(listed[0]) if listed else Path.home() / ".kube" / "config"


def write_context(
    path: Path, server: str, pki: Pki, *, current: bool = False, names: Names = OURS
) -> Path:
    """Put cluster, user and context of the control plane at `server` ("https://host:port")
    into the file; answers the file that was written. The context becomes the current one
    where there is none, or with `current`. Raises KubeconfigError, OSError."""
    path = path.expanduser().resolve()  # what a link leads to, so that it stays a link
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path):
        config = load(path)
        merge(config, server, pki, names)
        if current or not config.get("current-context"):
            config["current-context"] = names.context
        write_private(path, dump_yaml(config).encode())
    return path


def merge(config: Config, server: str, pki: Pki, names: Names = OURS) -> None:
    """Set the three entries in place. What the context says beside cluster and user, such as
    its namespace, stays."""
    _set(
        config,
        "clusters",
        names.cluster,
        {"certificate-authority-data": _data(pki.ca), "server": server},
    )
    context = _body(config, "contexts", names.context)
    _set(
        config,
        "contexts",
        names.context,
        {**context, "cluster": names.cluster, "user": names.user},
    )
    _set(
        config,
        "users",
        names.user,
        {
            "client-certificate-data": _data(pki.admin),
            "client-key-data": _data(pki.admin_key),
        },
    )


def load(path: Path) -> Config:
    """The file's configuration; an absent or empty one is an empty configuration."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except UnicodeDecodeError:
        raise KubeconfigError(f'error loading config file "{path}": not UTF-8 text') from None
    try:
        config = read_document(text) if text.strip() else None
    except (YamlError, RecursionError):
        raise KubeconfigError(f'error loading config file "{path}": not YAML') from None
    if config is None:
        config = {"apiVersion": "v1", "kind": "Config"}
    if not isinstance(config, dict):
        raise KubeconfigError(f'error loading config file "{path}": not a mapping')
    for part in ("clusters", "contexts", "users"):
        found = config.get(part)
        if found is None:
            config[part] = []
        elif not isinstance(found, list):
            raise KubeconfigError(f'error loading config file "{path}": {part} is not a list')
    return config


def _set(config: Config, part: str, name: str, body: Config) -> None:
    """In the place of the entry of this name, or behind the others."""
    entry = {"name": name, part[:-1]: body}
    for at, found in enumerate(config[part]):
        if isinstance(found, dict) and found.get("name") == name:
            config[part][at] = {**found, **entry}
            return
    config[part].append(entry)


def _body(config: Config, part: str, name: str) -> Config:
    for found in config[part]:
        if isinstance(found, dict) and found.get("name") == name:
            body = found.get(part[:-1])
            return dict(body) if isinstance(body, dict) else {}
    return {}


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """kubectl's own lock: a file beside the configuration that must not be there."""
    lock = path.with_name(f"{path.name}.lock")
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0))
            break
        except FileExistsError:
            if time.monotonic() > until:
                raise KubeconfigError(f"{lock}: held by another program") from None
            time.sleep(0.05)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
