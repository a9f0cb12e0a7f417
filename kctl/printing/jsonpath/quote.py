"""Quoted strings in a template: Go's escapes, in either kind of quotes."""

from __future__ import annotations

_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"',
}  # fmt: skip
_HEX = {"x": 2, "u": 4, "U": 8}


def unquote(text: str) -> str:
    """The string of a quoted literal. Raises ValueError ("invalid syntax")."""
    quote, body = text[0], text[1:-1]
    if "\n" in body:
        raise ValueError("invalid syntax")
    parts = []
    at = 0
    while at < len(body):
        char = body[at]
        if char == quote:
            raise ValueError("invalid syntax")
        if char != "\\":
            parts.append(char)
            at += 1
            continue
        escaped, at = _escape(body, at + 1)
        parts.append(escaped)
    return "".join(parts)


def _escape(body: str, at: int) -> tuple[str, int]:
    """The character of the escape whose letter stands at `at`, and where it ends."""
    letter = body[at : at + 1]
    if letter in _SIMPLE and letter:
        return _SIMPLE[letter], at + 1
    digits, base = (body[at + 1 : at + 1 + _HEX[letter]], 16) if letter in _HEX else ("", 8)
    length = _HEX.get(letter, 0)
    if not length and letter.isdigit():
        digits, length, at = body[at : at + 3], 3, at - 1
    if not length or len(digits) < length:
        raise ValueError("invalid syntax")
    try:
        return chr(int(digits, base)), at + 1 + length
    except (ValueError, OverflowError):
        raise ValueError("invalid syntax") from None
