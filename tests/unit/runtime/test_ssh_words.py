"""What ssh said, as OpenSSH 9.2 says it, and what a person is told."""

from __future__ import annotations

import pytest

from kctl.runtime.ssh.url import SshUrl
from kctl.runtime.ssh.words import explain

CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
The fingerprint for the ED25519 key sent by the remote host is
SHA256:8CxQeexyrngQUM+OOpLIdf0f2VkK0YJTRP+cBDNFF30.
Offending ED25519 key in /home/a/.ssh/known_hosts:3
Host key for [web1]:2222 has changed and you have requested strict checking.
Host key verification failed.
"""
UNKNOWN = """\
No ED25519 host key is known for web1 and you have requested strict checking.
Host key verification failed.
"""
JUMP = UNKNOWN.replace("web1", "bastion") + "Connection closed by UNKNOWN port 65535\n"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (CHANGED, "the host key of [web1]:2222 is not the one that was accepted before (/home/a/"),
        (CHANGED, "ssh-keygen -R '[web1]:2222'"),
        (UNKNOWN, "the host key of web1 is not known. Log in once, compare the key and accept it"),
        (UNKNOWN, "accept it: ssh -p 2222 ann@web1"),
        (JUMP, "the host key of bastion is not known"),
        ("ann@web1: Permission denied (publickey,password).", "login refused: permission denied"),
        ("Received disconnect: Too many authentication failures", "too many keys were tried"),
        (
            "ssh: Could not resolve hostname web1: Name or service not known",
            "could not resolve web1: Name or service not known",
        ),
        (
            "ssh: connect to host web1 port 2222: Connection refused",
            "ssh to web1 port 2222: Connection refused",
        ),
        ("Connection timed out during banner exchange", "the ssh server does not answer"),
        ("Unable to negotiate with 192.0.2.1 port 22: no matching host key type", "no matching"),
        ("/c: line 1: Bad configuration option: nonsense", "Bad configuration option: nonsense"),
        ("kex_exchange_identification: read: Connection reset by peer", "closed the connection"),
        ("a\nsomething else\n\n", "ssh failed: something else"),
        ("", "ssh failed"),
    ],
)
def test_what_is_told(said: str, told: str) -> None:
    words = explain(said, SshUrl("web1", "ann", 2222))
    assert words.startswith("ann@web1:2222: ") and told in words


def test_the_advice_names_the_configuration_in_use() -> None:
    assert explain(UNKNOWN, SshUrl("web1"), "/c").endswith("accept it: ssh -F /c web1")


def test_a_server_cannot_write_to_the_terminal() -> None:
    assert "\x1b" not in explain("\x1b[2Jhello", SshUrl("web1"))
    assert len(explain("x" * 10_000, SshUrl("web1"))) < 400
