"""docs/plugins.md says what a hook is and takes, exactly."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import kctl
from kctl.plugins import hookspecs

PAGE = Path(kctl.__file__).parent.parent / "docs" / "plugins.md"
HOOKS = [name for name in vars(hookspecs) if name.startswith("kctl_")]


@pytest.mark.parametrize("name", HOOKS)
def test_the_page_has_the_signature_and_the_words_of_the_hook(name: str) -> None:
    hook = getattr(hookspecs, name)
    signature = f"    {name}{inspect.signature(hook)}\n".replace("'", "")
    page = PAGE.read_text()
    assert signature in page
    assert inspect.getdoc(hook) in page  # type: ignore[operator]


def test_the_page_names_no_other_hook() -> None:
    headings = [line for line in PAGE.read_text().splitlines() if line.startswith("### ")]
    assert headings == [f"### {name}" for name in HOOKS]
