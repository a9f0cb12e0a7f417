"""What a simulated engine does differently from one where all goes well."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Program:
    """What a container's process does when it is left alone."""

    runs: float | None = None
    """seconds until it ends by itself; None: for ever"""
    exit_code: int = 0
    oom: bool = False
    """it ends because its memory limit is reached"""


FOREVER = Program()


@dataclass(frozen=True)
class Latency:
    """Seconds that operations take; nothing by default."""

    start: float = 0.0
    pull: float = 0.0
    stop: float = 0.0
    probe: float = 0.0
    look: float = 0.0
    front: float = 0.0


@dataclass
class Faults:
    """To be changed at any time; the next operation or look obeys.

    Containers are named by the pod's name and theirs: ("web-1", "nginx")."""

    unreachable: str = ""
    """why the host does not answer, "" while it does"""
    hang: float = 0.0
    """seconds that every request waits before it ends without an answer; what it asked for
    is not done"""
    answers_lost: bool = False
    """what is asked for is done, but nobody hears of it"""
    slow: float = 1.0
    """by which every latency is multiplied"""
    skew: float = 0.0
    """seconds by which the host's clock is ahead"""
    missing_images: set[str] = field(default_factory=set)
    unstartable: set[tuple[str, str]] = field(default_factory=set)
    """containers that are made and then cannot be started"""
    images: dict[str, Program] = field(default_factory=dict)
    """image -> what it does"""
    programs: dict[tuple[str, str], Program] = field(default_factory=dict)
    """container -> what it does, before what its image does"""
    failing_probes: set[tuple[str, str, str]] = field(default_factory=set)
    """(pod, container, probe) that fail"""
    stuck: set[str] = field(default_factory=set)
    """pods whose containers cannot be stopped"""

    running: bool = True
    """False while the host has no power"""

    @property
    def silent(self) -> bool:
        return bool(self.unreachable or self.hang)

    def heal(self) -> None:
        """The host and the way to it are well again; its clock stays as it is."""
        self.unreachable, self.hang, self.answers_lost = "", 0.0, False
        self.slow, self.running = 1.0, True

    def program(self, pod: str, container: str, image: str) -> Program:
        return self.programs.get((pod, container)) or self.images.get(image, FOREVER)
