"""Asking admission webhooks: one HTTPS request each, with a bound on time and size.

The command line and the server ask through the same function. The certificate must be
signed by the caBundle of the configuration (or by an authority that the machine trusts,
where there is none) and bear the name that is asked for. Proxies are not used, redirects
are not followed.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from kctl.api.admission.webhooks import Target, WebhookFailure

if TYPE_CHECKING:
    import http.client
    import ssl

LARGEST_ANSWER = 8 << 20
"""Bytes; more is no answer."""
_CHUNK = 1 << 16


def call_webhook(target: Target, body: bytes, timeout: float) -> bytes:
    """The body of the answer. Raises WebhookFailure."""
    import http.client
    import ssl
    from urllib.parse import urlsplit

    parts = urlsplit(target.url)
    host, port = parts.hostname or "", parts.port or 443
    deadline = time.monotonic() + timeout
    connection = http.client.HTTPSConnection(host, port, timeout=timeout)
    where = target.address or (host, port)
    try:
        connection.sock = _connect(where, host, _trust(target.ca_bundle), timeout)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, */*",
            "User-Agent": "kctl-admission",
        }
        connection.request("POST", path, body, headers)
        return _answer(connection.getresponse(), connection, deadline)
    except TimeoutError:
        raise WebhookFailure("context deadline exceeded") from None
    except ssl.SSLCertVerificationError as error:
        text = f"tls: failed to verify certificate: x509: {error.verify_message}"
        raise WebhookFailure(text) from None
    except ssl.SSLError as error:
        raise WebhookFailure(f"tls: {error.reason or error}") from None
    except ConnectionRefusedError:
        shown = f"[{where[0]}]" if ":" in where[0] else where[0]
        text = f"dial tcp {shown}:{where[1]}: connect: connection refused"
        raise WebhookFailure(text) from None
    except OSError as error:
        raise WebhookFailure(_os_text(error, where)) from None
    except http.client.HTTPException as error:
        raise WebhookFailure(f"malformed HTTP response: {type(error).__name__}") from None
    finally:
        connection.close()


def _os_text(error: OSError, where: tuple[str, int]) -> str:
    import socket

    if isinstance(error, socket.gaierror):
        return f"dial tcp: lookup {where[0]}: no such host"
    return f"dial tcp {where[0]}:{where[1]}: {error.strerror or error}"


def _trust(ca_bundle: bytes) -> ssl.SSLContext:
    """Raises WebhookFailure for a bundle that holds no certificate."""
    import ssl

    if not ca_bundle:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=ca_bundle.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise WebhookFailure("unable to load root certificates: no valid certificate") from None
    return context


def _connect(
    where: tuple[str, int], name: str, context: ssl.SSLContext, timeout: float
) -> ssl.SSLSocket:
    import socket

    plain = socket.create_connection(where, timeout)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        with contextlib.suppress(OSError):
            plain.close()
        raise


def _answer(
    response: http.client.HTTPResponse, connection: http.client.HTTPSConnection, deadline: float
) -> bytes:
    """All of the answer by the deadline, however slowly it drips."""
    found = bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        chunk = response.read1(_CHUNK)
        if not chunk:
            break
        found += chunk
        if len(found) > LARGEST_ANSWER:
            raise WebhookFailure(f"the answer is larger than {LARGEST_ANSWER} bytes")
    if not 200 <= response.status <= 206:
        text = bytes(found[:1024]).decode(errors="replace").strip()
        told = f"an error on the server ({text!r})" if text else "an error on the server"
        raise WebhookFailure(f"{told}: the server answered {response.status} {response.reason}")
    return bytes(found)
