"""Configuration in kubeconfig's format, where a cluster entry names a database.

Read and written whole; `kctl.commands.light_config` keeps what the current context
resolves to, so that commands which only read need none of this.
"""

from __future__ import annotations

import os
from typing import Any

from kctl.commands.command import UsageError

Config = dict[str, Any]


def empty() -> Config:
    """What kubectl makes of a file that is not there."""
    return {
        "apiVersion": "v1",
        "clusters": [],
        "contexts": [],
        "current-context": "",
        "kind": "Config",
        "preferences": {},
        "users": [],
    }


def load(path: str) -> Config:
    """The file's configuration; an absent file is an empty one. Raises UsageError."""
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            config = yaml.safe_load(file) or {}
    except FileNotFoundError:
        return empty()
    except OSError as error:
        raise UsageError(f"open {path}: {(error.strerror or str(error)).lower()}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        first = str(error).split("\n")[0]
        raise UsageError(f'error loading config file "{path}": yaml: {first}') from None
    if not isinstance(config, dict):
        raise UsageError(f'error loading config file "{path}": not a mapping')
    merged = empty() | config
    for part in ("clusters", "contexts", "users"):
        merged[part] = merged[part] or []
        if not isinstance(merged[part], list):
            raise UsageError(f'error loading config file "{path}": {part} is not a list')
    return merged


def save(path: str, config: Config) -> None:
    """Write the file whole, mode 0600, in kubectl's YAML; its directory is made 0700."""
    from kctl.api.yaml_out import dump_yaml

    directory = os.path.dirname(path) or "."  # noqa: PTH120
    os.makedirs(directory, mode=0o700, exist_ok=True)  # noqa: PTH103
    temporary = f"{path}.{os.getpid()}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(dump_yaml(config))
    os.replace(temporary, path)  # noqa: PTH105


def find(config: Config, part: str, name: str) -> dict[str, Any] | None:
    """The entry called `name` of "clusters", "contexts" or "users" (with its name)."""
    for entry in config[part]:
        if isinstance(entry, dict) and entry.get("name") == name:
            return entry
    return None


def context(config: Config, name: str = "") -> dict[str, Any]:
    """The body of a context, the current one by default. Raises kubectl's error."""
    wanted = name or config.get("current-context") or ""
    if not wanted:
        return {}
    entry = find(config, "contexts", wanted)
    if entry is None:
        if name:
            raise UsageError(f'context "{name}" does not exist')
        raise UsageError(
            f"Error in configuration: context was not found for specified context: {wanted}"
        )
    return entry.get("context") or {}


def cluster(config: Config, name: str) -> dict[str, Any]:
    """The body of a cluster; {} for "", which is the home's own database."""
    if not name:
        return {}
    entry = find(config, "clusters", name)
    if entry is None:
        raise UsageError(f'cluster "{name}" does not exist')
    return entry.get("cluster") or {}
