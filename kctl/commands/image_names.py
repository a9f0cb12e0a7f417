"""References of images, as kubectl checks them before it sends anything."""

from __future__ import annotations

import re

from kctl.commands.command import UsageError

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_NAME = rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(rf"^({_NAME})(?::(\w[\w.-]{{0,127}}))?(?:@({_DIGEST}))?$")


def check_image(text: str) -> None:
    """Raises UsageError with the texts of the reference grammar."""
    match = _REFERENCE.match(text)
    if match is None:
        lower = _REFERENCE.match(text.lower())
        why = "repository name must be lowercase" if lower else "invalid reference format"
        if lower:
            why = f"invalid reference format: {why}"
        raise UsageError(f'invalid image name "{text}": {why}')
    if len(match.group(1)) > 255:
        raise UsageError(
            f'invalid image name "{text}": repository name must not be more than 255 characters'
        )
