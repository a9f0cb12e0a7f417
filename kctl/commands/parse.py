"""The light reader of command lines, with pflag's meaning and pflag's messages.

Reads what the `Option`s of a command declare; imports nothing. Help (`kctl.commands.help`)
and completion (`kctl.commands.complete`) are made from the same declarations.
"""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import GLOBAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class HelpWanted(Exception):
    """-h or --help stood on the command line."""


class Args:
    """What a command line said. `args["dry-run"]` and `args.dry_run` are one; `given`
    tells whether the flag stood there. `path` is the words of the command, "create
    deployment"."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.positional: list[str] = []
        self.after_dash: list[str] = []
        self.dash_at = -1
        self._values: dict[str, Any] = {}
        self._given: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        for key in (name, name.replace("_", "-")):
            if key in values:
                return values[key]
        raise AttributeError(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a flag that the command may not even have."""
        return self._values.get(name, default)

    def given(self, name: str) -> bool:
        """True where the flag stood on the command line."""
        return name in self._given

    def flags_given(self) -> Iterable[str]:
        return sorted(self._given)

    def note(self, option: Option, value: Any) -> None:
        self._values[option.name] = value
        self._given.add(option.name)

    def fill(self, options: Iterable[Option]) -> None:
        """Defaults of what was not given; each command gets lists of its own."""
        for option in options:
            if option.name not in self._values:
                default = option.default
                self._values[option.name] = (
                    default.copy() if isinstance(default, (list, dict)) else default
                )


def parse(command: Command, argv: list[str], path: str) -> Args:
    """Read `argv` (without the command's own words). Raises UsageError with pflag's text,
    or HelpWanted."""
    options = (*command.options, *GLOBAL)
    reader = _Reader(options, Args(path))
    try:
        reader.read(argv)
    except UsageError as error:
        see = f"kctl {path}".rstrip()
        error.hint = error.hint or f"See '{see} --help' for usage."
        raise
    args = reader.args
    if args.after_dash and not command.dash:
        args.positional += args.after_dash
        args.after_dash = []
    missing = [o.name for o in command.options if o.required and not args.given(o.name)]
    if missing:
        quoted = ", ".join(f'"{name}"' for name in sorted(missing))
        raise UsageError(f"required flag(s) {quoted} not set")
    args.fill(options)
    return args


def first_word(command: Command, argv: list[str]) -> tuple[int, str]:
    """Where the first word stands that is no flag and no flag's value: (index, word), or
    (-1, "") where there is none. How a verb finds its sub-verb, as cobra does."""
    by_name = {f"--{o.name}": o for o in (*GLOBAL, *command.options)}
    by_short = {f"-{o.short}": o for o in (*GLOBAL, *command.options) if o.short}
    at = 0
    while at < len(argv):
        word = argv[at]
        if word == "--":
            break
        if len(word) < 2 or word[0] != "-":
            return at, word
        option = by_name.get(word) or by_short.get(word)
        at += 2 if option is not None and option.bare is None else 1
    return -1, ""


class _Reader:
    """One walk over the words, as pflag's parseArgs does it."""

    def __init__(self, options: Iterable[Option], args: Args) -> None:
        self.args = args
        self.by_name: dict[str, Option] = {}
        self.by_short: dict[str, Option] = {}
        for option in options:
            self.by_name.setdefault(option.name, option)
            if option.short:
                self.by_short.setdefault(option.short, option)

    def read(self, argv: list[str]) -> None:
        rest = list(argv)
        rest.reverse()
        while rest:
            word = rest.pop()
            if len(word) < 2 or word[0] != "-":
                self.args.positional.append(word)
            elif word == "--":
                rest.reverse()
                self.args.dash_at = len(self.args.positional)
                self.args.after_dash = rest
                return
            elif word[1] == "-":
                self._long(word, rest)
            else:
                self._shorts(word, rest)

    def _long(self, word: str, rest: list[str]) -> None:
        name, equals, value = word[2:].partition("=")
        if not name or name[0] in "-=":
            raise UsageError(f"bad flag syntax: {word}")
        option = self.by_name.get(name) or self.by_name.get(name.replace("_", "-"))
        if option is None:
            if name == "help":
                raise HelpWanted
            raise UsageError(f"unknown flag: --{name}")
        if equals:
            self._set(option, value)
        elif option.bare is not None:
            self._set(option, option.bare)
        elif rest:
            self._set(option, rest.pop())
        else:
            raise UsageError(f"flag needs an argument: --{name}")

    def _shorts(self, word: str, rest: list[str]) -> None:
        letters = word[1:]
        while letters:
            letter = letters[0]
            option = self.by_short.get(letter)
            if option is None:
                if letter == "h":
                    raise HelpWanted
                raise UsageError(f"unknown shorthand flag: '{letter}' in -{letters}")
            if len(letters) > 2 and letters[1] == "=":
                self._set(option, letters[2:])
                return
            if option.bare is not None:
                self._set(option, option.bare)
                letters = letters[1:]
                continue
            if len(letters) > 1:
                self._set(option, letters[1:])
            elif rest:
                self._set(option, rest.pop())
            else:
                raise UsageError(f"flag needs an argument: '{letter}' in -{letters}")
            return

    def _set(self, option: Option, text: str) -> None:
        try:
            value = _READ[option.kind](text)
        except ValueError as error:
            name = f"-{option.short}, --{option.name}" if option.short else f"--{option.name}"
            raise UsageError(
                f'invalid argument {_quote(text)} for "{name}" flag: {error}'
            ) from None
        if option.kind in ("array", "slice") and self.args.given(option.name):
            value = [*self.args[option.name], *value]
        elif option.kind == "map" and self.args.given(option.name):
            value = {**self.args[option.name], **value}
        self.args.note(option, value)


def _quote(text: str) -> str:
    """As Go's %q, for what command lines hold."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'


def _bool(text: str) -> bool:
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if text in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise ValueError(f"strconv.ParseBool: parsing {_quote(text)}: invalid syntax")


def _int_of(bits: int) -> Any:
    top = 1 << (bits - 1)

    def read(text: str) -> int:
        digits = text[1:] if text[:1] in ("+", "-") else text
        try:
            if not digits.isascii() or not digits[:1].isdigit():
                raise ValueError(text)
            octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
            number = int(digits, 8 if octal else 0)
        except ValueError:
            raise ValueError(f"strconv.ParseInt: parsing {_quote(text)}: invalid syntax") from None
        number = -number if text[0] == "-" else number
        if not -top <= number < top:
            raise ValueError(f"strconv.ParseInt: parsing {_quote(text)}: value out of range")
        return number

    return read


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"strconv.ParseFloat: parsing {_quote(text)}: invalid syntax") from None


_UNITS = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0,
}  # fmt: skip


def duration(text: str) -> float:
    """Go's time.ParseDuration, in seconds. Raises ValueError with Go's text."""
    invalid = f"time: invalid duration {_quote(text)}"
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0.0
    if not rest:
        raise ValueError(invalid)
    total = 0.0
    while rest:
        cut = 0
        while cut < len(rest) and (rest[cut].isdigit() or rest[cut] == "."):
            cut += 1
        number, rest = rest[:cut], rest[cut:]
        if number in ("", ".") or number.count(".") > 1:
            raise ValueError(invalid)
        cut = 0
        while cut < len(rest) and not (rest[cut].isdigit() or rest[cut] == "."):
            cut += 1
        unit, rest = rest[:cut], rest[cut:]
        if not unit:
            raise ValueError(f"time: missing unit in duration {_quote(text)}")
        if unit not in _UNITS:
            raise ValueError(f"time: unknown unit {_quote(unit)} in duration {_quote(text)}")
        total += float(number) * _UNITS[unit]
    return -total if text[0] == "-" else total


def _slice(text: str) -> list[str]:
    """One CSV record, as pflag's StringSlice reads it."""
    if not text:
        return []
    if '"' not in text:
        return text.split(",")
    import csv

    return next(csv.reader([text]), [])


def _map(text: str) -> dict[str, str]:
    pairs = {}
    for each in _slice(text):
        name, equals, value = each.partition("=")
        if not equals:
            raise ValueError(f"{each} must be formatted as key=value")
        pairs[name] = value
    return pairs


_READ: dict[str, Any] = {
    "bool": _bool,
    "string": str,
    "int": _int_of(64),
    "int32": _int_of(32),
    "int64": _int_of(64),
    "float": _float,
    "duration": duration,
    "array": lambda text: [text],
    "slice": _slice,
    "map": _map,
}
