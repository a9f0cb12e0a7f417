"""A person's streams beside the engine's: copying both ways, and the terminal.

With a terminal the person's own is put into raw mode and its size is passed on, now and
whenever it changes. Shared by exec and attach.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from kctl.runtime.docker.frames import STDERR, Demultiplexer
from kctl.runtime.docker.hijack import Stream


def copy(stream: Stream, stdout: Any, stderr: Any, *, tty: bool) -> None:
    """Pass on what the process writes, until its end. A terminal has one stream only."""
    frames = Demultiplexer()
    while chunk := stream.receive():
        for source, payload in [(1, chunk)] if tty else frames.feed(chunk):
            target = stderr if source == STDERR else stdout
            target.write(payload)
            target.flush()


def feed(stdin: Any, stream: Stream) -> None:
    """Pass the person's input on, and its end, beside everything else."""
    threading.Thread(target=_feed, args=(stdin, stream), daemon=True).start()


def _feed(stdin: Any, stream: Stream) -> None:
    read = getattr(stdin, "read1", None) or stdin.read
    try:
        while data := read(65536):
            stream.send(data)
        stream.finish()
    except OSError:
        return  # the process ended first; nobody reads what is left


@contextlib.contextmanager
def raw(stdin: Any, resize: Callable[[int, int], None]) -> Iterator[None]:
    """Raw mode while it lasts, where `stdin` is a terminal; `resize` gets (rows, columns)."""
    if stdin is None or not stdin.isatty():
        yield
        return
    import termios
    import tty

    descriptor = stdin.fileno()
    before = termios.tcgetattr(descriptor)
    main = threading.current_thread() is threading.main_thread()
    handler: Any = None

    def tell(*_: Any) -> None:
        rows, columns = termios.tcgetwinsize(descriptor)
        if rows and columns:
            resize(rows, columns)

    try:
        tty.setraw(descriptor, termios.TCSANOW)  # what was typed ahead is kept
        tell()
        if main:
            handler = signal.signal(signal.SIGWINCH, tell)
        yield
    finally:
        if main:
            signal.signal(signal.SIGWINCH, handler or signal.SIG_DFL)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
