"""What the config verbs share: the file, its entries, kubectl's complaints."""

from __future__ import annotations

from typing import Any

from kctl.commands import kubeconfig
from kctl.commands.command import UsageError
from kctl.commands.context import Context, default_home
from kctl.commands.light_config import config_path
from kctl.commands.parse import Args

Entry = dict[str, Any]


def path_of(args: Args) -> str:
    """The file that this command reads and writes."""
    return config_path(args, default_home())


def load(args: Args) -> kubeconfig.Config:
    return kubeconfig.load(path_of(args))


def save(args: Args, config: kubeconfig.Config) -> None:
    """Write it back as kubectl orders it: empty lists as null, no empty preferences."""
    kept = {key: value for key, value in config.items() if key != "preferences" or value}
    for part in ("clusters", "contexts", "users"):
        kept[part] = sorted(kept.get(part) or [], key=lambda entry: str(entry["name"])) or None
    kubeconfig.save(path_of(args), kept)


def exactly(args: Args, count: int) -> list[str]:
    """The positional arguments, when there are so many of them."""
    words: list[str] = args.positional
    if len(words) != count:
        raise UsageError(f"Unexpected args: [{' '.join(words)}]")
    return words


def names(config: kubeconfig.Config, part: str) -> list[str]:
    return sorted(str(entry["name"]) for entry in config[part])


def print_names(ctx: Context, args: Args, part: str) -> int:
    """`get-clusters` and `get-users`."""
    ctx.say("NAME")
    for name in names(load(args), part):
        ctx.say(name)
    return 0


def remove(args: Args, part: str, what: str, config: kubeconfig.Config | None = None) -> str:
    """Delete the entry that the one argument names. Returns the line to print."""
    words = args.positional
    if len(words) != 1:
        raise UsageError(f"you must specify a {what} to delete")
    config = config or load(args)
    entry = kubeconfig.find(config, part, words[0])
    if entry is None:
        raise UsageError(f"cannot delete {what} {words[0]}, not in {path_of(args)}")
    config[part] = [each for each in config[part] if each is not entry]
    save(args, config)
    return f"deleted {what} {words[0]} from {path_of(args)}"


def entry_of(config: kubeconfig.Config, part: str, name: str) -> tuple[Entry, bool]:
    """The body of an entry and whether it was made just now."""
    key = {"clusters": "cluster", "contexts": "context", "users": "user"}[part]
    entry = kubeconfig.find(config, part, name)
    made = entry is None
    if entry is None:
        entry = {"name": name}
        config[part] = [*config[part], entry]
    body: Entry = entry.get(key) or {}
    entry[key] = body
    return body, made
