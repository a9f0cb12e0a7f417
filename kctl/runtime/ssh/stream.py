"""A socket to an address of a host's network, through the master's connection.

The caller gets one end of a pair of sockets. The master reads what the caller writes straight
from the other end; what comes back takes one step more through a pipe, because a master cannot
say "nothing more comes" on a descriptor that others hold as well.
"""

from __future__ import annotations

import os
import select
import socket
import threading

from kctl.runtime.ssh.mux import Mux

_CHUNK = 1 << 18


def dial(control: str, host: str, port: int, timeout: float) -> socket.socket:
    """Connect. Raises OSError: TimeoutError, or `MuxError` without a reason."""
    mux = Mux.connect(control, timeout)
    near, far = socket.socketpair()
    arriving, sink = os.pipe()
    try:
        try:
            mux.open_stream(host, port, far.fileno(), sink)
        finally:
            os.close(sink)
        mux.sock.settimeout(None)
        near.settimeout(timeout)
    except BaseException:
        os.close(arriving)
        for each in (near, far, mux):
            each.close()
        raise
    threading.Thread(
        target=_relay, args=(mux, arriving, far), name=f"stream to {host}:{port}", daemon=True
    ).start()
    return near


def _relay(mux: Mux, arriving: int, far: socket.socket) -> None:
    """Pass on what arrives until both sides are done; then let the master forget the stream."""
    try:
        if _copy(arriving, far):
            far.shutdown(socket.SHUT_WR)
            _wait(far)
    except OSError:
        return  # the caller went away
    finally:
        os.close(arriving)
        far.close()
        mux.close()


def _copy(arriving: int, far: socket.socket) -> bool:
    """Whether the host's side ended; False when the caller did first."""
    both = select.poll()
    both.register(arriving, select.POLLIN)
    both.register(far, 0)  # its end alone
    full = select.poll()
    full.register(far, select.POLLOUT)
    while True:
        ready = dict(both.poll())
        if arriving not in ready:
            return False
        try:
            if not os.splice(arriving, far.fileno(), _CHUNK):
                return True
        except BlockingIOError:
            full.poll()


def _wait(far: socket.socket) -> None:
    end = select.poll()
    end.register(far, 0)
    end.poll()
