"""What ssh says, in words that tell what to do."""

from __future__ import annotations

import re
from collections.abc import Callable

from kctl.runtime.ssh.url import SshUrl

_LONGEST = 300
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def explain(said: str, target: SshUrl, configuration: str = "") -> str:
    """Why a master could not connect, by what it said. `configuration`: the file that took the
    place of ssh's usual ones."""
    login = target.command(configuration)
    said = _UNPRINTABLE.sub("", said)
    for pattern, words in _KNOWN:
        match = pattern.search(said)
        if match:
            return f"{target.login}: {words(match, target, login)}"
    lines = [line for line in said.splitlines() if line.strip()]
    return f"{target.login}: ssh failed" + (f": {lines[-1].strip()[:_LONGEST]}" if lines else "")


def _changed(match: re.Match[str], target: SshUrl, _: str) -> str:
    name = match["name"] or target.host
    where = f" ({match['where']})" if match["where"] else ""
    return (
        f"the host key of {name} is not the one that was accepted before{where}. Either the "
        "host was installed anew or somebody stands in between. If you know that it is right: "
        f"ssh-keygen -R {name!r}, then log in once and compare the new key"
    )


def _unknown(match: re.Match[str], _: SshUrl, login: str) -> str:
    return (
        f"the host key of {match['name']} is not known. Log in once, compare the key and accept "
        f"it: {login}"
    )


def _login(match: re.Match[str], _: SshUrl, login: str) -> str:
    return (
        f"login refused: permission denied ({match['ways']}). kctl logs in with the keys and the "
        f"agent of the ssh configuration; this must work without a question: {login}"
    )


def _plain(words: str) -> Callable[[re.Match[str], SshUrl, str], str]:
    def say(match: re.Match[str], *_: object) -> str:
        return match.expand(words)

    return say


_KNOWN: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], SshUrl, str], str]], ...] = (
    (
        re.compile(
            r"REMOTE HOST IDENTIFICATION HAS CHANGED"
            r"(?s:.*?)(?:Offending \S+ key in (?P<where>\S+)(?s:.*?))?"
            r"(?:Host key for (?P<name>\S+) has changed|\Z)"
        ),
        _changed,
    ),
    (re.compile(r"No \S+ host key is known for (?P<name>\S+) and you have requested"), _unknown),
    (re.compile(r"Host key verification failed"), _plain("the host key could not be verified")),
    (re.compile(r"Permission denied \((?P<ways>[^)]*)\)"), _login),
    (
        re.compile(r"Too many authentication failures"),
        _plain("login refused: too many keys were tried (set IdentitiesOnly and IdentityFile)"),
    ),
    (
        re.compile(r"Could not resolve hostname (?P<name>\S+): (?P<why>.*)"),
        _plain(r"could not resolve \g<name>: \g<why>"),
    ),
    (
        re.compile(r"connect to (?:host|address) (?P<name>\S+) port (?P<port>\d+): (?P<why>.*)"),
        _plain(r"ssh to \g<name> port \g<port>: \g<why>"),
    ),
    (
        re.compile(r"Connection timed out during banner exchange|Connection to \S+ port \d+ timed"),
        _plain("the ssh server does not answer"),
    ),
    (re.compile(r"Unable to negotiate with .*?: (?P<why>.*)"), _plain(r"ssh: \g<why>")),
    (
        re.compile(r"(?P<why>Bad (?:owner or permissions|configuration option).*)"),
        _plain(r"ssh: \g<why>"),
    ),
    (
        re.compile(r"kex_exchange_identification|Connection (?:closed|reset) by"),
        _plain("the ssh server closed the connection before the login"),
    ),
)
