"""--token-auth-file: Kubernetes' format."""

from __future__ import annotations

from pathlib import Path

import pytest

from kctl.api.user import User
from kctl.server.auth.static_tokens import digest, load


def read(path: Path, text: str) -> tuple[dict[bytes, User], list[str]]:
    path.write_text(text)
    warnings: list[str] = []
    return dict(load(path, warnings.append)), warnings


def test_users_and_their_groups(tmp_path: Path) -> None:
    text = 'one,jane,7,"dev,ops"\n\ntwo, joe, 8\n"three",bob,9,admins,more\n'
    users, warnings = read(tmp_path / "t", text)
    assert users == {
        digest("one"): User("jane", ("dev", "ops"), "7"),
        digest("two"): User("joe", (), "8"),
        digest("three"): User("bob", ("admins",), "9"),
    }
    assert warnings == []


def test_no_token_stays_in_memory(tmp_path: Path) -> None:
    users, _ = read(tmp_path / "t", "secret-one,jane,7\n")
    assert "secret-one" not in repr(users)


def test_too_few_columns_are_refused_without_the_token(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 3 columns") as caught:
        read(tmp_path / "t", "secret-one,jane\n")
    assert "secret-one" not in str(caught.value)
    assert str(caught.value).endswith("found 2")


def test_what_is_odd_is_told(tmp_path: Path) -> None:
    users, warnings = read(tmp_path / "t", ",jane,7\nx,a,1\nx,b,2\n")
    assert users == {digest("x"): User("b", (), "2")}
    assert [each.split(" token")[0] for each in warnings] == ["empty", "duplicate"]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="not UTF-8"):
        load(tmp_path / "t")
