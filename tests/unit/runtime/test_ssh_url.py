"""Hosts named by ssh://: what is taken, what is refused, and what reaches ssh's arguments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.runtime.ssh.url import SOCKET, SshUrl, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssh://web1", SshUrl("web1")),
        ("ssh://web1/", SshUrl("web1")),
        ("ssh://root@192.0.2.4", SshUrl("192.0.2.4", "root")),
        ("ssh://a.b-c@web-1.example.com:2222", SshUrl("web-1.example.com", "a.b-c", 2222)),
        ("ssh://ann@corp.example@web1", SshUrl("web1", "ann@corp.example")),
        ("ssh://[2001:db8::7]:22", SshUrl("2001:db8::7", "", 22)),
        ("ssh://[fe80::7%eth0]", SshUrl("fe80::7%eth0")),
        ("ssh://w/run/user/7/d.sock", SshUrl("w", socket="/run/user/7/d.sock")),
    ],
)
def test_urls_that_are_taken(text: str, expected: SshUrl) -> None:
    assert parse(text) == expected
    assert parse(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://web1", "must be ssh://[user@]host[:port][/path/to/docker.sock]"),
        ("ssh://", "bad host name ''"),
        ("ssh://-oProxyCommand=id", "bad host name '-oProxyCommand=id'"),
        ("ssh://-oProxyCommand=id@web1", "bad user name '-oProxyCommand=id'"),
        ("ssh://root;id@web1", "bad user name 'root;id'"),
        ("ssh://$(id)", "bad host name '$(id)'"),
        ("ssh://web 1", "bad host name 'web 1'"),
        ("ssh://@web1", "bad user name ''"),
        ("ssh://web1:", "bad port ''"),
        ("ssh://web1:0", "bad port '0', must be 1 to 65535"),
        ("ssh://web1:65536", "bad port '65536', must be 1 to 65535"),
        ("ssh://web1:22x", "bad port '22x'"),
        ("ssh://web1:22:22", "bad port '22:22'"),
        ("ssh://2001:db8::7", "bad port 'db8::7'"),
        ("ssh://[2001:db8::7", "bad host name"),
        ("ssh://[::1]x", "bad host name"),
        ("ssh://web1/a\nb", "bad path of a socket"),
        ("ssh://web1/?a=b", "bad path of a socket"),
        ("ssh://web1/" + "a" * 107, "bad path of a socket"),
        ("ssh://" + "a" * 254, "bad host name"),
    ],
)
def test_urls_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="invalid host") as caught:
        parse(text)
    assert words in str(caught.value)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="a password in the URL is not used") as caught:
        parse("ssh://root:s3cret@web1")
    assert "s3cret" not in str(caught.value)


@given(st.text(max_size=40))
def test_nothing_but_a_host_reaches_the_arguments(text: str) -> None:
    try:
        found = parse("ssh://" + text)
    except ValueError:
        return
    *options, end, host = found.arguments()
    assert end == "--" and not host.startswith("-")
    assert all(each not in host for each in " \t\n;|&$`'\"\\<>(){}*?!#")
    assert options[0::2] in ([], ["-p"], ["-l"], ["-p", "-l"])
    assert found.socket.startswith("/") or found.socket == SOCKET
