"""Getting a container's image there: pull policy, credentials, the kubelet's words.

The usual case costs no call at all: `start` creates the container and only asks here
when the engine has no such image.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker.client import explanation
from kctl.runtime.docker.credentials import HUB_NAMES, Auth, NoCredentials, candidates

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

Event = tuple[str, str, str]

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)"
_REFERENCE = re.compile(
    rf"(?:(?P<domain>{_DOMAIN}(?:\.{_DOMAIN})*(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?)/)?"
    rf"(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_CACHED_SECONDS = 30.0


@dataclass(eq=False)
class ImageProblem(Exception):
    """An image cannot be had: the waiting reason, its message, and the events to show."""

    reason: str
    message: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's name taken apart."""

    registry: str
    """"" for Docker Hub"""
    repository: str
    """what the engine's pull takes: registry and path"""
    tag: str
    """a tag, or a digest with its algorithm"""


def parse(name: str) -> Reference:
    """Docker's reading of an image name; raises `ImageProblem` (InvalidImageName)."""
    match = _REFERENCE.fullmatch(name)
    if match is None:
        cause = _why_invalid(name)
        message = (
            f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": '
            f"{cause}"
        )
        events = (
            ("Warning", "InspectFailed", message),
            ("Warning", "Failed", "Error: InvalidImageName"),
        )
        raise ImageProblem("InvalidImageName", message, events)
    domain, path = match["domain"] or "", match["path"]
    if domain and not ("." in domain or ":" in domain or domain == "localhost"):
        domain, path = "", f"{domain}/{path}"  # a user's name on Docker Hub
    repository = f"{domain}/{path}" if domain else path
    return Reference(domain, repository, match["digest"] or match["tag"] or "latest")


def familiar(name: str) -> str:
    """A name as engines list it: with its tag or digest, without Docker Hub's own parts.
    Raises `ImageProblem` (InvalidImageName)."""
    reference = parse(name)
    repository = reference.repository
    if reference.registry in HUB_NAMES:
        repository = repository.partition("/")[2]
    if not reference.registry or reference.registry in HUB_NAMES:
        repository = repository.removeprefix("library/")
    return f"{repository}{'@' if '@' in name else ':'}{reference.tag}"


def _why_invalid(name: str) -> str:
    if _REFERENCE.fullmatch(name.lower()):
        return "invalid reference format: repository name " + f"({name}) must be lowercase"
    return "invalid reference format"


def default_policy(image: str) -> str:
    """Kubernetes' default imagePullPolicy: Always for :latest, IfNotPresent otherwise."""
    return "Always" if parse(image).tag == "latest" else "IfNotPresent"


def present(image: str) -> Event:
    """The kubelet's event for an image that needs no pull."""
    message = f'Container image "{image}" already present on machine and can be accessed by the pod'
    return ("Normal", "Pulled", message)


def never(image: str) -> ImageProblem:
    """The policy forbids the pull of a missing image."""
    message = f'Container image "{image}" is not present with pull policy of Never'
    events = (
        ("Warning", "ErrImageNeverPull", message),
        ("Warning", "Failed", "Error: ErrImageNeverPull"),
    )
    return ImageProblem("ErrImageNeverPull", message, events)


class Images:
    """The images of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._users: dict[str, tuple[float, str]] = {}
        self._pulling: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def user(self, image: str) -> str | None:
        """The image's USER ("" for none); None when the engine has no such image."""
        from docker.errors import ImageNotFound

        now = time.monotonic()
        known = self._users.get(image)
        if known is not None and now - known[0] < _CACHED_SECONDS:
            return known[1]
        try:
            found = self._engine.inspect_image(image)
        except ImageNotFound:
            return None
        name = (found.get("Config") or {}).get("User") or ""
        self._users[image] = (now, name)
        return name

    def turn(self, image: str) -> threading.Lock:
        """To hold while an image is brought here."""
        with self._lock:
            return self._pulling.setdefault(image, threading.Lock())

    def forget(self, image: str) -> None:
        """Another image may have this name now."""
        self._users.pop(image, None)

    def pull(self, image: str, documents: Sequence[Mapping[str, Any]]) -> tuple[Event, ...]:
        """Pull an image; pulls of one image run once at a time, as the engine would do
        them anyway. Answers the events; raises `ImageProblem` (ErrImagePull)."""
        reference = parse(image)
        asked = time.monotonic()
        with self.turn(image):
            begun = time.monotonic()
            problem = self._try_all(reference, documents)
            ended = time.monotonic()
        self.forget(image)
        pulling = ("Normal", "Pulling", f'Pulling image "{image}"')
        if problem:
            failed = f'Failed to pull image "{image}": {problem}'
            events = (
                pulling,
                ("Warning", "Failed", failed),
                ("Warning", "Failed", "Error: ErrImagePull"),
            )
            raise ImageProblem("ErrImagePull", problem, events)
        message = (
            f'Successfully pulled image "{image}" in {seconds(ended - begun)} '
            f"({seconds(ended - asked)} including waiting). Image size: {self._size(image)} bytes."
        )
        return (pulling, ("Normal", "Pulled", message))

    def _try_all(self, reference: Reference, documents: Sequence[Mapping[str, Any]]) -> str:
        """Pull with one set of credentials after the other; what was said when none worked,
        in the kubelet's form, "" when one did."""
        said: list[str] = []
        try:
            for auth in candidates(reference.registry, reference.repository, documents):
                problem = self._try(reference, auth)
                if not problem:
                    return ""
                said.append(problem)
        except NoCredentials as error:
            said.append(str(error))
        different = list(dict.fromkeys(said))
        return different[0] if len(different) == 1 else f"[{', '.join(different)}]"

    def _try(self, reference: Reference, auth: Auth) -> str:
        """One pull; the engine's words when it failed, "" when it worked."""
        from docker.errors import APIError

        try:
            with self._engine.patient() as api:
                lines = api.pull(
                    reference.repository,
                    tag=reference.tag,
                    stream=True,
                    decode=True,
                    auth_config=auth,
                )
                for line in lines:
                    if "error" in line:
                        return f"Error response from daemon: {line['error']}"
        except APIError as error:
            return explanation(error)
        return ""

    def _size(self, image: str) -> int:
        return int(self._engine.inspect_image(image).get("Size", 0))


def seconds(value: float) -> str:
    """Go's duration rounded to milliseconds: "1.234s", "12ms"."""
    return f"{value * 1000:.0f}ms" if value < 1 else f"{value:.3f}".rstrip("0").rstrip(".") + "s"
