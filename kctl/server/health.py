"""Is the server well: /healthz, /livez, /readyz and /version."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping

from starlette.responses import Response

from kctl.api.kind import Object
from kctl.server.call import Call
from kctl.server.respond import text

Check = Callable[[], str]
"""What is wrong, "" while nothing is."""
GIT_VERSION = "v1.37.1"
PATHS = ("healthz", "livez", "readyz")


def version() -> Object:
    """The version of the Kubernetes API that is served, with kctl's own in the build's name."""
    from kctl import __version__

    return {
        "major": "1",
        "minor": "37",
        "emulationMajor": "1",
        "emulationMinor": "37",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "36",
        "gitVersion": f"{GIT_VERSION}+kctl.{__version__}",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": f"python{platform.python_version()}",
        "platform": f"linux/{platform.machine()}",
    }


def answer(call: Call, name: str, rest: str, checks: Mapping[str, Check]) -> Response:
    """A health endpoint (`name` of `PATHS`), or one check of it (`rest`)."""
    chosen = {rest: checks[rest]} if rest in checks else {} if rest else dict(checks)
    if rest and not chosen:
        return text(call, f"{name} check named {rest!r} is not there\n", 404)
    excluded = set(call.queries.get("exclude", ()))
    lines: list[str] = []
    failed: list[str] = []
    for check, ask in chosen.items():
        if check in excluded:
            lines.append(f"[+]{check} excluded: ok")
        elif ask():
            failed.append(check)
            lines.append(f"[-]{check} failed: reason withheld")
        else:
            lines.append(f"[+]{check} ok")
    if failed:
        lines.append(f"{name} check failed")
        return text(call, "\n".join(lines) + "\n", 500)
    if "verbose" not in call.query:
        return text(call, "ok")
    return text(call, "\n".join([*lines, f"{name} check passed"]) + "\n")
