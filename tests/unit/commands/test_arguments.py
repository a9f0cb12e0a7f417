"""TYPE, NAME and TYPE/NAME as kubectl's resource builder reads them."""

from __future__ import annotations

import pytest

from kctl.commands import arguments
from kctl.commands.command import UsageError


@pytest.mark.parametrize(
    ("words", "pairs"),
    [
        (["pods"], [("pods", None)]),
        (["pods,svc"], [("pods", None), ("svc", None)]),
        (["pods", "a", "b"], [("pods", "a"), ("pods", "b")]),
        (["pods/a"], [("pods", "a")]),
        (["pods/a", "svc/b"], [("pods", "a"), ("svc", "b")]),
        (["pods,svc", "a"], [("pods", "a"), ("svc", "a")]),
        ([], []),
    ],
)
def test_words_become_pairs(words: list[str], pairs: list[tuple[str, str | None]]) -> None:
    assert arguments.read(words).pairs == pairs


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pods/a/b"], "arguments in resource/name form may not have more than one slash"),
        (["pods/a,svc/b"], "arguments in resource/name form may not have more than one slash"),
        (["pods/"], "arguments in resource/name form must have a single resource and name"),
        (["pods/a", "b"], "there is no need to specify a resource type as a separate argument"),
    ],
)
def test_what_cannot_be_read(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        arguments.read(words)


@pytest.mark.parametrize(
    ("words", "flags", "message"),
    [
        (["pods", "a"], {"selecting": True}, "name cannot be provided when a selector"),
        (["pods/a"], {"selecting": True}, "selectors and the all flag cannot be used"),
        ([], {"selecting": True}, "at least one resource must be specified to use a selector"),
        ([], {}, "You must provide one or more resources"),
        (["pods", "a"], {"everywhere": True}, "cannot be retrieved by name across all"),
        (["pods"], {}, "resource.s. were provided, but no name was specified"),
    ],
)
def test_what_does_not_go_together(words: list[str], flags: dict[str, bool], message: str) -> None:
    chosen = {"selecting": False, "everywhere": False, "whole": False, **flags}
    with pytest.raises(UsageError, match=message):
        arguments.check(arguments.read(words), **chosen)
