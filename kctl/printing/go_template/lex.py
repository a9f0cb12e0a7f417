"""A Go template cut into texts and actions, and an action into tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
      | (?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
      | (?P<variable>\$\w*)
      | (?P<field>\.[A-Za-z_]\w*)
      | (?P<dot>\.)
      | (?P<assign>:=|=)
      | (?P<mark>[(),|])
      | (?P<word>[A-Za-z_]\w*)""",
    re.VERBOSE,
)


class TemplateError(ValueError):
    """A template that cannot be parsed or executed; the message begins with the line."""


class Token(NamedTuple):
    kind: str
    text: str
    spaced: bool
    """White space stood before it: ".a .b" are two operands, ".a.b" is one."""


class Piece(NamedTuple):
    """A text, or an action's tokens."""

    line: int
    text: str
    tokens: list[Token] | None


def pieces(template: str) -> list[Piece]:
    """Texts and actions in order, with "{{-" and "-}}" carried out, comments dropped."""
    found: list[Piece] = []
    at = 0
    trim_next = False
    while at < len(template):
        start = template.find("{{", at)
        text = template[at:] if start < 0 else template[at:start]
        line = template.count("\n", 0, start if start >= 0 else len(template)) + 1
        if trim_next:
            text = text.lstrip(" \t\r\n")
        trim_before = start >= 0 and bool(re.match(r"\{\{-\s", template[start : start + 4]))
        if trim_before:
            text = text.rstrip(" \t\r\n")
        if text:
            found.append(Piece(line, text, None))
        if start < 0:
            break
        inside, at, trim_next = _action(template, start + (3 if trim_before else 2), line)
        if not inside.lstrip().startswith("/*"):
            found.append(Piece(line, "", _tokens(inside, line)))
    return found


def _action(template: str, start: int, line: int) -> tuple[str, int, bool]:
    """What stands inside, where the action ends, whether it trims what follows."""
    at = start
    while at < len(template):
        char = template[at]
        if char in '"`':
            match = _TOKEN.match(template, at)
            if match is None or match.lastgroup != "string":
                raise TemplateError(f"{line}: unterminated quoted string")
            at = match.end()
        elif template.startswith("}}", at):
            inside = template[start:at]
            trims = inside.endswith(("\t-", " -", "\n-"))
            return (inside[:-1] if trims else inside), at + 2, trims
        else:
            at += 1
    raise TemplateError(f"{line}: unclosed action")


def _tokens(inside: str, line: int) -> list[Token]:
    found: list[Token] = []
    at, spaced = 0, True
    while at < len(inside):
        match = _TOKEN.match(inside, at)
        if match is None:
            char = inside[at]
            raise TemplateError(
                f"{line}: unexpected bad character U+{ord(char):04X} '{char}' in command"
            )
        at = match.end()
        if match.lastgroup == "space":
            spaced = True
            continue
        found.append(Token(str(match.lastgroup), match.group(), spaced))
        spaced = False
    return found
