"""Connections to the ports of a pod, also to those of its loopback.

The address of the pod is tried first, from the network of its host. What listens on the
loopback of the pod alone is reached as the kubelet does it, from inside the pod's network
namespace: a container of kctl's own joins it, and each connection is an exec of its relay
program there, whose streams are the connection's. The container lives as long as this
process is attached to it, and removes itself.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kctl.runtime.docker import calls, exec, hijack, labels
from kctl.runtime.docker.context import Context, Failure
from kctl.runtime.docker.imagetar import archive
from kctl.runtime.docker.relay import PROGRAMS
from kctl.runtime.docker.wire import Streamed
from kctl.runtime.stream_types import STDOUT

if TYPE_CHECKING:
    from kctl.runtime.stream_types import Duplex

NAME = "kctl-relay"
ROLE = "relay"
"""Value of labels.ROLE on the container that joins a pod's network."""
CONNECT = 10.0
_NOBODY = "65534:65534"


class Direct:
    """A socket as `Duplex`."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(None)
        self.sock = sock

    def receive(self) -> bytes:
        return self.sock.recv(65536)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def finish(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def decode(self, chunk: bytes) -> Iterable[tuple[int, bytes]]:
        return [(STDOUT, chunk)]

    def result(self) -> int:
        return 0

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)  # wakes who is in `receive`
        self.sock.close()


class Relayed(Streamed):
    """The streams of a relay program as `Duplex`. That a connect failed is known once the
    program ended without a word."""

    def __init__(self, context: Context, exec_id: str) -> None:
        self._engine, self._exec = context.engine, exec_id
        super().__init__(exec.start(context.engine, exec_id, tty=False), tty=False)
        self._silent = True

    def receive(self) -> bytes:
        while chunk := self.stream.receive():
            data = b"".join(payload for _, payload in self.decode(chunk))
            if data:
                return data
        self.result()
        return b""

    def decode(self, chunk: bytes) -> Iterable[tuple[int, bytes]]:
        for stream, payload in super().decode(chunk):
            self._silent = False
            yield stream, payload

    def result(self) -> int:
        code = exec.exit_code(self._engine, self._exec) if self._silent else 0
        if code:
            raise OSError(code, os.strerror(code))
        return 0

    def send(self, data: bytes) -> None:
        self.stream.send(data)

    def finish(self) -> None:
        self.stream.finish()


class PortForward:
    """The ports of one pod (`kctl.runtime.stream_types.PortForward`). `container_id` is any of its
    running containers."""

    def __init__(self, context: Context, container_id: str, address: str) -> None:
        self._context, self._container, self._address = context, container_id, address
        self._lock = threading.Lock()
        self._relay = ""
        self._attached: hijack.Stream | None = None

    def connect(self, port: int) -> Duplex:
        try:
            return Direct(self._context.dial(self._address, port, CONNECT))
        except OSError:
            return self._inside(port)

    def close(self) -> None:
        """Let go of the container in the pod's network, which then ends and is removed."""
        with self._lock:
            attached, self._attached = self._attached, None
            if attached is not None:
                attached.close()

    def _inside(self, port: int) -> Duplex:
        from docker.errors import APIError

        from kctl.runtime.docker.client import explanation

        with self._lock:
            if self._attached is None:
                self._attached = self._join()
        try:
            with self._context.engine.quick() as api:
                made = api.exec_create(self._relay, ["/relay", str(port)], stdin=True)
            return Relayed(self._context, made["Id"])
        except APIError as error:
            raise ConnectionError(explanation(error)) from None

    def _join(self) -> hijack.Stream:
        """Start the container in the pod's network; the stream that keeps it alive."""
        from docker.errors import APIError

        from kctl.runtime.docker.client import explanation

        context = self._context
        try:
            self._relay = self._create()
            with context.engine.quick() as api:
                path = f"/v{api.api_version}/containers/{self._relay}/attach?stream=1&stdin=1"
            with context.engine.translated(CONNECT):
                attached = hijack.post(path, context.engine.url, {}, CONNECT)
            calls.start(context, self._relay)
        except APIError as error:
            raise ConnectionError(explanation(error)) from None
        except Failure as failure:
            self._remove()
            raise ConnectionError(failure.message) from None
        return attached

    def _create(self) -> str:
        """Raises Failure."""
        context, architecture = self._context, self._context.engine.architecture
        if architecture not in PROGRAMS:
            known = " and ".join(sorted(PROGRAMS))
            words = f"kctl has its relay program for {known}, not for {architecture}"
            raise Failure("CreateContainerError", words)
        contents = archive([("/relay", PROGRAMS[architecture], 0o755)])
        for _ in range(2):
            image = context.own_images.ensure(NAME, contents, ['ENTRYPOINT ["/relay"]'])
            name = f"{NAME}_{uuid.uuid4().hex[:12]}"
            try:
                return calls.create(context, name, _body(image, self._container, context.cluster))
            except calls.NoImage:  # somebody removed it since
                context.own_images.forget()
        raise Failure("CreateContainerError", f"the image {image} does not stay")

    def _remove(self) -> None:
        with self._context.engine.patient() as api:
            calls.remove(api, self._relay)


def _body(image: str, container_id: str, cluster: str) -> dict[str, object]:
    return {
        "Image": image,
        "User": _NOBODY,
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "StopSignal": "SIGKILL",
        "Labels": {labels.CLUSTER: cluster, labels.ROLE: ROLE},
        "HostConfig": {
            "NetworkMode": f"container:{container_id}",
            "AutoRemove": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "ReadonlyRootfs": True,
            "LogConfig": {"Type": "none"},
        },
    }
