"""TYPE, NAME and TYPE/NAME on a command line, read as kubectl's resource builder does.

Pure and light: words to (type, name) pairs, with kubectl's complaints.
"""

from __future__ import annotations

from kctl.commands.command import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.catalog import Catalog, Resource

NOTHING_GIVEN = (
    "You must provide one or more resources by argument or filename.\n"
    "Example resource specifications include:\n"
    "   '-f rsrc.yaml'\n"
    "   '--filename=rsrc.json'\n"
    "   '<resource> <name>'\n"
    "   '<resource>'"
)


class Asked:
    """What the words name: pairs of a type and a name, or whole types (name None)."""

    __slots__ = ("combined", "pairs")

    def __init__(self, pairs: list[tuple[str, str | None]], *, combined: bool) -> None:
        self.pairs, self.combined = pairs, combined

    @property
    def named(self) -> bool:
        return any(name is not None for _, name in self.pairs)

    @property
    def single(self) -> bool:
        """One object, asked for by name."""
        return len(self.pairs) == 1 and self.pairs[0][1] is not None


def read(words: list[str]) -> Asked:
    """Raises UsageError with kubectl's texts."""
    if len(words) > 1 and "," in words[0] and "/" not in words[0]:
        types = [each for each in words[0].split(",") if each]
        words = [f"{each}/{name}" for each in types for name in words[1:]]
    if any("/" in word for word in words):
        if not all("/" in word for word in words):
            raise UsageError(
                "there is no need to specify a resource type as a separate argument when "
                "passing arguments in resource/name form (e.g. 'kctl get "
                "resource/<resource_name>' instead of 'kctl get resource "
                "resource/<resource_name>'"
            )
        return Asked([_pair(word) for word in words], combined=True)
    if not words:
        return Asked([], combined=False)
    types = [each for each in words[0].split(",") if each]
    if len(words) == 1:
        return Asked([(each, None) for each in types], combined=False)
    return Asked([(types[0], name) for name in words[1:]], combined=False)


def _pair(word: str) -> tuple[str, str | None]:
    parts = word.split("/")
    if len(parts) != 2:
        raise UsageError("arguments in resource/name form may not have more than one slash")
    if not all(parts):
        raise UsageError("arguments in resource/name form must have a single resource and name")
    return parts[0], parts[1]


def check(asked: Asked, *, selecting: bool, everywhere: bool, whole: bool) -> None:
    """Refuse what does not go together. selecting: a selector or --all stands beside the
    words. everywhere: -A. whole: a type without names may be meant (get, describe)."""
    if selecting and asked.named:
        if asked.combined:
            raise UsageError(
                "selectors and the all flag cannot be used when passing resource/name arguments"
            )
        raise UsageError("name cannot be provided when a selector is specified")
    if selecting and not asked.pairs:
        raise UsageError("at least one resource must be specified to use a selector")
    if not asked.pairs:
        raise UsageError(NOTHING_GIVEN)
    if everywhere and asked.named:
        raise UsageError("a resource cannot be retrieved by name across all namespaces")
    if not asked.named and not selecting and not whole:
        raise UsageError("resource(s) were provided, but no name was specified")


def resolve(catalog: Catalog, word: str) -> list[Resource]:
    """The resources that one word names: one type, or the members of a category."""
    resource = catalog.resolve(word)
    if resource is not None:
        return [resource]
    members = catalog.category(word)
    if not members:
        raise UsageError(f'the server doesn\'t have a resource type "{word}"')
    return members
