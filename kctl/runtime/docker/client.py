"""How one engine is reached: docker-py's low-level client, made on first use.

Two clients share an address: a quick one for looks (a host that does not answer costs
one bounded wait) and a patient one for work that takes the engine a while. Both pool
their connections and are shared by threads: requests' session state (cookies, redirects)
plays no part in the Engine API. Every failure to reach the engine becomes
`HostUnreachable` with a text that a person can act on.
"""

from __future__ import annotations

import contextlib
import errno
import threading
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from kctl.runtime.docker.reach import Local
from kctl.runtime.types import HostUnreachable

if TYPE_CHECKING:
    from docker import APIClient

    from kctl.runtime.docker.reach import Reach

NEWEST = (1, 47)
"""The newest API version whose answers this code knows; newer engines speak it too."""
OLDEST = (1, 41)
"""Docker 20.10, the oldest engine that is tested."""
QUICK = 10
PATIENT = 120
_POOL = 32
_ALIVE = 2.0
"""Seconds in which an engine says that it is there."""


def choose_version(newest: str, oldest: str) -> str:
    """The version to speak with an engine that offers `oldest` to `newest`."""
    offered, floor = _version(newest), _version(oldest)
    if offered < OLDEST:
        raise HostUnreachable(
            f"the Docker engine speaks API version {newest}; "
            f"{OLDEST[0]}.{OLDEST[1]} (Docker 20.10) or newer is needed"
        )
    major, minor = max(min(offered, NEWEST), floor)
    return f"{major}.{minor}"


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


class Engine:
    """One engine's API."""

    def __init__(self, to: str | Reach, *, quick: int = QUICK, patient: int = PATIENT) -> None:
        self.reach: Reach = Local(to) if isinstance(to, str) else to
        self.url = f"unix://{self.reach.socket}"
        """of the socket on this machine that leads to it"""
        self._timeouts = (quick, patient)
        self._clients: tuple[APIClient, APIClient] | None = None
        self._lock = threading.Lock()
        self.version: Mapping[str, Any] = {}
        """The engine's answer to /version, known after the first call."""

    @contextlib.contextmanager
    def quick(self) -> Iterator[APIClient]:
        """The client for looks; lost connections inside become `HostUnreachable`."""
        with self.translated(self._timeouts[0]):
            yield self._both()[0]

    @contextlib.contextmanager
    def patient(self) -> Iterator[APIClient]:
        """The client for work."""
        with self.translated(self._timeouts[1]):
            yield self._both()[1]

    @contextlib.contextmanager
    def translated(self, timeout: float = 0.0) -> Iterator[None]:
        """Turn lost connections into `HostUnreachable`."""
        import requests.exceptions
        import urllib3.exceptions
        from docker.errors import APIError, DockerException

        try:
            yield
        except APIError:
            raise
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            DockerException,
            OSError,
        ) as error:
            raise HostUnreachable(self._words(error, timeout)) from error

    def _words(self, error: BaseException, timeout: float) -> str:
        """Why the engine did not answer, in the words of the docker command where it has
        some."""
        import requests.exceptions

        url = self.reach.url
        if isinstance(error, (requests.exceptions.Timeout, TimeoutError)):
            self.reach.suspect()
            return f"the Docker daemon at {url} did not answer within {timeout:g} s"
        known = self.reach.explain()
        if known:
            return known
        code = _errno(error)
        if code in (errno.EACCES, errno.EPERM):
            return f"permission denied while trying to connect to the Docker daemon socket at {url}"
        if code in (errno.ENOENT, errno.ECONNREFUSED):
            return f"Cannot connect to the Docker daemon at {url}. Is the docker daemon running?"
        return f"the connection to the Docker daemon at {url} broke: {error}"

    @property
    def api_version(self) -> tuple[int, int]:
        """(1, 41): what was agreed on."""
        with self.quick() as api:
            return _version(api.api_version)

    @property
    def architecture(self) -> str:
        """Of the host in Go's words: "amd64", "arm64"."""
        with self.quick():
            return str(self.version["Arch"])

    def _both(self) -> tuple[APIClient, APIClient]:
        self.reach.ensure()
        with self._lock:
            if self._clients is None:
                self._clients = self._connect()
            return self._clients

    def _connect(self) -> tuple[APIClient, APIClient]:
        from docker import APIClient

        quick, patient = self._timeouts
        first = APIClient(base_url=self.url, version="1.24", timeout=quick)
        try:
            self.version = first.version(api_version=False)
        finally:
            first.close()
        version = choose_version(
            self.version["ApiVersion"], self.version.get("MinAPIVersion", "1.12")
        )

        def client(timeout: int) -> APIClient:
            made = APIClient(
                base_url=self.url, version=version, timeout=timeout, max_pool_size=_POOL
            )
            made.trust_env = False  # proxies are for hosts: here they cost a third of a request
            return made

        return client(quick), client(patient)

    def containers(self, filters: Mapping[str, list[str]]) -> tuple[list[dict[str, Any]], float]:
        """Rows of the container list, and the engine's own time (epoch seconds): the
        uptimes in the rows are relative to that clock, not to ours."""
        import json

        from docker.errors import APIError

        with self.quick() as api:
            answer = api.get(
                f"{api.base_url}/v{api.api_version}/containers/json",
                params={"all": "1", "filters": json.dumps(filters)},
                timeout=self._timeouts[0],
            )
            if answer.status_code != 200:
                raise APIError(answer.text, response=answer)
            when = parsedate_to_datetime(answer.headers["Date"]).timestamp()
            return answer.json(), when

    def must_answer(self) -> None:
        """Raises `HostUnreachable` where the way to a remote engine is dead: soon, so that a
        silence elsewhere can be told from it."""
        if not self.reach.remote:
            return
        with self.quick() as api:
            api.get(f"{api.base_url}/_ping", timeout=_ALIVE)

    def inspect_image(self, name: str) -> dict[str, Any]:
        """An image; raises docker's ImageNotFound."""
        with self.quick() as api:
            found: dict[str, Any] = cast(Any, api).inspect_image(name)
            return found

    def create_container(self, name: str, body: Mapping[str, Any]) -> str:
        """The ID of a new container; `body` as the Engine API has it."""
        with self.patient() as api:
            return str(cast(Any, api).create_container_from_config(body, name)["Id"])

    def close(self) -> None:
        with self._lock:
            clients, self._clients = self._clients, None
        for each in clients or ():
            each.close()
        self.reach.close()


def _errno(error: BaseException | None) -> int | None:
    """The first errno in an error's chain of causes and arguments."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        each = todo.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, OSError) and isinstance(each.errno, int):
            return each.errno
        todo += [*each.args, each.__cause__, each.__context__]
    return None


def explanation(error: Exception) -> str:
    """The engine's own words of an APIError: "Error response from daemon: …" as the docker
    command shows them."""
    words = getattr(error, "explanation", None) or str(error)
    if isinstance(words, bytes):
        words = words.decode(errors="replace")
    return f"Error response from daemon: {str(words).strip()}"
