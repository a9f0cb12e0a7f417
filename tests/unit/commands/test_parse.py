"""The light reader has pflag's meaning and pflag's messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.parse import Args, HelpWanted, duration, first_word, parse

COMMAND = Command(
    name="x",
    summary="",
    options=(
        Option("all", "bool", short="A"),
        Option("image", "slice"),
        Option("env", "array"),
        Option("replicas", "int32", 1, short="r"),
        Option("labels", "map"),
        Option("dry-run", default="none", bare="unchanged"),
        Option("output", short="o"),
        Option("timeout", "duration", 0.0),
    ),
)


def read(*argv: str) -> Args:
    return parse(COMMAND, list(argv), "x")


def test_flags_and_words_may_be_mixed() -> None:
    args = read("a", "-A", "b", "--replicas=3", "c", "-o", "yaml")
    assert args.positional == ["a", "b", "c"]
    assert (args["all"], args["replicas"], args.output) == (True, 3, "yaml")


def test_short_flags_may_be_joined() -> None:
    assert read("-Aoyaml").output == "yaml"
    assert read("-o=name").output == "name"
    assert read("-Ar2")["replicas"] == 2


def test_a_flag_with_a_bare_value_does_not_eat_the_next_word() -> None:
    args = read("--dry-run", "client")
    assert (args["dry-run"], args.positional) == ("unchanged", ["client"])


def test_slices_split_at_commas_and_arrays_do_not() -> None:
    args = read("--image=a,b", "--image", '"c,d"', "--env=a,b", "--env=c")
    assert args.image == ["a", "b", "c,d"]
    assert args.env == ["a,b", "c"]


def test_defaults_are_not_shared() -> None:
    read().image.append("x")
    assert read().image == []


def test_what_follows_two_dashes_is_more_words_unless_the_command_keeps_it_apart() -> None:
    assert read("a", "--", "-A").positional == ["a", "-A"]
    apart = Command(name="x", summary="", dash=True)
    args = parse(apart, ["a", "--", "-A"], "x")
    assert (args.positional, args.after_dash) == (["a"], ["-A"])


def test_global_flags_are_taken_everywhere() -> None:
    assert read("-n", "foo").namespace == "foo"


def test_underscores_are_dashes() -> None:
    assert read("--dry_run=client")["dry-run"] == "client"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--foo"], "unknown flag: --foo"),
        (["--foo=1"], "unknown flag: --foo"),
        (["-x"], "unknown shorthand flag: 'x' in -x"),
        (["-Ax"], "unknown shorthand flag: 'x' in -x"),
        (["--image"], "flag needs an argument: --image"),
        (["-o"], "flag needs an argument: 'o' in -o"),
        (["--=1"], "bad flag syntax: --=1"),
        (
            ["-r", "abc"],
            'invalid argument "abc" for "-r, --replicas" flag: strconv.ParseInt: parsing "abc": '
            "invalid syntax",
        ),
        (
            ["-r", "2147483648"],
            'invalid argument "2147483648" for "-r, --replicas" flag: strconv.ParseInt: parsing '
            '"2147483648": value out of range',
        ),
        (
            ["--all=x"],
            'invalid argument "x" for "-A, --all" flag: strconv.ParseBool: parsing "x": invalid '
            "syntax",
        ),
        (
            ["--timeout=5"],
            'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"',
        ),
        (
            ["--labels=a"],
            'invalid argument "a" for "--labels" flag: a must be formatted as key=value',
        ),
    ],
)  # fmt: skip
def test_refusals_have_the_words_of_pflag(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read(*argv)
    assert refusal.value.message == message
    assert refusal.value.hint == "See 'kctl x --help' for usage."


def test_required_flags_are_named_together() -> None:
    needy = Command(
        name="x", summary="", options=(Option("b", required=True), Option("a", required=True))
    )
    with pytest.raises(UsageError, match=r'^required flag\(s\) "a", "b" not set$'):
        parse(needy, [], "x")


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_is_asked_for_anywhere(word: str) -> None:
    with pytest.raises(HelpWanted):
        read("a", word)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("5s", 5), ("1m30s", 90), ("1.5h", 5400), ("-2ms", -0.002), ("100us", 0.0001)],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


def test_the_first_word_is_not_a_flags_value() -> None:
    assert first_word(COMMAND, ["-n", "foo", "-A", "sub", "x"]) == (3, "sub")
    assert first_word(COMMAND, ["--namespace=foo", "--", "sub"]) == (-1, "")


@given(st.lists(st.text(), max_size=6))
def test_any_words_are_read_or_refused(argv: list[str]) -> None:
    try:
        args = read(*argv)
    except (UsageError, HelpWanted):
        return
    assert all(isinstance(word, str) for word in args.positional)


@given(st.lists(st.text(min_size=1).filter(lambda t: not t.startswith("-")), max_size=6))
def test_words_without_dashes_stay_as_they_are(argv: list[str]) -> None:
    assert read(*argv).positional == argv
