"""docs/plugins.md says what a hook is and takes, exactly."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import kctl
from kctl.plugins import hookspecs

PAGE = Path(kctl.__file__).parent.parent / "docs" / "plugins.md"
HOOKS = [name for name in vars(hookspecs) if name.startswith("kctl_")]


@pytest.mark.parametrize("name", HOOKS)
def test_the_page_has_the_exact_signature_of_the_hook(name: str) -> None:
    signature = f"{name}{inspect.signature(getattr(hookspecs, name))}".replace("'", "")
    escaped = signature.replace("|", "\\|")
    assert f"| `{escaped}` | " in PAGE.read_text()


def test_the_page_lists_no_other_hook() -> None:
    listed = re.findall(r"^\| `(kctl_\w+)\(", PAGE.read_text(), re.MULTILINE)
    assert listed == HOOKS
