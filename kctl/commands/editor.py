"""The user's editor on a piece of text."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.files import Manifest

HEADER = (
    "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"
    "# and an empty file will abort the edit. If an error occurs while saving this file will be\n"
    "# reopened with the relevant failures.\n"
    "#\n"
)


def edit(text: str, suffix: str = ".yaml") -> str:
    """What the user leaves in the file. Raises UsageError where the editor fails. The file
    is readable by its owner alone, since secrets may be in it."""
    handle, path = tempfile.mkstemp(prefix="kctl-edit-", suffix=suffix)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        command = os.environ.get("KUBE_EDITOR") or os.environ.get("EDITOR") or "vi"
        try:
            done = subprocess.run(["/bin/sh", "-c", f"{command} {shlex.quote(path)}"], check=False)
        except OSError as error:
            raise UsageError(f'unable to launch the editor "{command}"') from error
        if done.returncode:
            raise UsageError(
                f'there was a problem with the editor "{command}"'
                if done.returncode != 127
                else f'unable to launch the editor "{command}"'
            )
        return Path(path).read_text()
    finally:
        Path(path).unlink(missing_ok=True)


def without_comments(text: str) -> str:
    return "".join(
        line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#")
    )


def edit_manifests(ctx: Context, manifests: list[Manifest]) -> list[Manifest]:
    """create --edit: the objects as the user leaves them."""
    from kctl.api.manifests import load
    from kctl.api.yaml_out import dump_yaml

    edited = []
    for manifest in manifests:
        text = without_comments(edit(HEADER + dump_yaml(manifest.obj)))
        documents: list[Any] = list(load(text.encode(), manifest.source)) if text.strip() else []
        if not documents:
            ctx.err.write("Edit cancelled, saved file was empty.\n")
            continue
        edited += [Manifest(each.obj, manifest.source) for each in documents]
    return edited
