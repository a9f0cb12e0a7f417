"""What a rendered configuration of HAProxy may consist of, line by line.

`haproxy -c` accepts whatever is valid, an injected `lua-load` or `server` as well. So
every rendered file is held against this list before it leaves the room: a line that is
none of these is a bug or an attack, and is never served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_IP = r"(?:\d{1,3}\.){3}\d{1,3}"
_ADDRESS = rf"{_IP}:\d{{1,5}}"
_TOKEN = r"[A-Za-z0-9][A-Za-z0-9.-]*"
_LABEL = r"[a-z0-9-]{1,63}"
_TEXT = "http-request return status 200 content-type text/plain"

_SECTIONS = re.compile(
    rf"(?:(global)|(defaults)|(listen) {_TOKEN}|(peers) kctl|(backend) kctl-peers)", re.ASCII
)

_HTTP = (
    r"mode http",
    r"option forwardfor",
    r"option idle-close-on-response",
    r"retry-on conn-failure empty-response",
    r"http-request disable-l7-retry unless METH_GET",
)
_ANSWERS = (
    rf"{_TEXT} string [0-9a-f]{{16}} if {{ path /generation }}",
    r"http-request return status 200 if { path /generation }",
    rf'http-request set-var-fmt\(txn\.peers\) "%\[var\(txn\.peers\)\]{_TOKEN}='
    rf'%\[srv_is_up\(kctl-peers/{_TOKEN}\)\] " if {{ path /peers }}',
    rf'{_TEXT} lf-string "%\[var\(txn\.peers\)\]" if {{ path /peers }}',
    r"http-request return status 404",
    r"http-request return status (?:200|503) content-type application/json "
    r"hdr X-Content-Type-Options nosniff hdr X-Load-Balancing-Endpoint-Weight \d+ "
    rf"""string '{{"service":{{"namespace":"{_LABEL}","name":"{_LABEL}"}},"""
    r""""localEndpoints":\d+,"serviceProxyHealthy":true}'""",
)

_LINES: Mapping[str, tuple[str, ...]] = {
    "global": (
        r"[ug]id \d+",
        r"maxconn \d+",
        r"noreuseport",
        r"hard-stop-after 30m",
        r"mworker-max-reloads 32",
        r"stats socket /run/kctl/[a-z]+\.sock mode 600 level admin",
        r"localpeer kctl",
    ),
    "defaults": (
        r"mode tcp",
        r"balance roundrobin",
        r"option (?:clitcpka|srvtcpka)",
        r"srvtcpka-(?:idle|intvl) \d+s",
        r"srvtcpka-cnt \d+",
        r"default-server tcp-ut \d+s",
        r"option redispatch 1",
        r"retries 3",
        r"timeout (?:connect|client|server|client-fin|server-fin|http-keep-alive) \d+[smh]",
    ),
    "peers": (
        r"peer kctl 127\.\d{1,3}\.\d{1,3}\.\d{1,3}:\d{1,5}",
        r"table idle type ip size 1k expire 10s",
    ),
    "backend": (
        r"option httpchk GET /generation",
        r"timeout check \d+s",
        r"default-server inter 1s fastinter 500ms fall 3 rise 1",
        rf"server {_TOKEN} {_ADDRESS} check",
    ),
    "listen": (
        rf"bind {_ADDRESS}(?: transparent)?",
        rf"server {_TOKEN} {_ADDRESS}(?: id \d+)?(?: track kctl-peers/{_TOKEN})?"
        r"(?: send-proxy(?:-v2)?)?",
        rf"server {_TOKEN}_again {_ADDRESS}(?: send-proxy(?:-v2)?)? backup",
        rf"acl known src {_IP}(?:/\d{{1,2}})?",
        r"tcp-request connection reject unless known",
        r"stick-table type ip size \d+ expire \d+s peers kctl",
        r"stick on src",
        r"option allbackups",
        *_HTTP,
        *_ANSWERS,
    ),
}
_RULES = {section: re.compile("|".join(rules), re.ASCII) for section, rules in _LINES.items()}


class GrammarError(ValueError):
    """A rendered file holds something that no template of ours writes."""


def parse(text: str) -> dict[str, list[str]]:
    """The sections ("listen default.web.80") of a configuration with their lines. Raises
    GrammarError for anything outside the grammar."""
    sections: dict[str, list[str]] = {}
    lines: list[str] | None = None
    kind = ""
    for number, line in _meaningful(text):
        if not line.startswith(" "):
            match = _SECTIONS.fullmatch(line)
            if match is None or line in sections:
                raise GrammarError(f"line {number}: unexpected section {line!r:.120}")
            kind, lines = match[match.lastindex or 0], sections.setdefault(line, [])
            continue
        body = line.removeprefix("    ")
        if lines is None or not _RULES[kind].fullmatch(body):
            raise GrammarError(f"line {number}: unexpected {line!r:.120} in {kind or 'no section'}")
        lines.append(body)
    return sections


def _meaningful(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines without comments and blank ones. Only "\\n" ends a line here, so that
    any other line break that a program might see stays inside one, where no rule has it."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" ") and not line.lstrip(" ").startswith("# "):
            yield number, line
