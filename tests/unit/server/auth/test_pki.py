"""Certificates: made once, private, renewed in time, and good for TLS."""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kctl.server.auth import pki as pki_files
from kctl.server.auth.pki import AUTHORITY_LIFE, LEAF_LIFE, RENEW_BEFORE, Pki, PkiError, ensure

FILES = ("ca", "ca_key", "serving", "serving_key", "admin", "admin_key", "account_key")


def contents(found: Pki) -> dict[str, bytes]:
    return {name: getattr(found, name).read_bytes() for name in FILES}


def names_of(path: Path) -> set[str]:
    return pki_files._hosts(pki_files.load_certificate(path))


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    found = ensure(tmp_path)
    assert (tmp_path / "pki").stat().st_mode & 0o777 == 0o700
    for each in (tmp_path / "pki").iterdir():
        assert each.stat().st_mode & 0o777 == 0o600, each
    assert found.renewed


def test_a_directory_that_was_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir(mode=0o755)
    ensure(tmp_path)
    assert (tmp_path / "pki").stat().st_mode & 0o777 == 0o700


def test_they_are_made_once(tmp_path: Path) -> None:
    first = contents(ensure(tmp_path))
    second = ensure(tmp_path)
    assert contents(second) == first
    assert not second.renewed


def _make(home: Path) -> dict[str, bytes]:
    return contents(ensure(home))


def test_processes_that_race_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        made = pool.map(_make, [tmp_path] * 6)
    assert all(each == made[0] for each in made)


def test_the_server_has_every_name(tmp_path: Path) -> None:
    found = ensure(tmp_path, ["10.1.2.3", "[fd00::0001]", "api.example.com", "0.0.0.0", "::", ""])
    names = names_of(found.serving)
    wanted = {"localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default.svc.cluster.local"}
    assert wanted | {"10.1.2.3", "fd00::1", "api.example.com"} <= names
    assert not {"0.0.0.0", "::"} & names


def test_a_name_that_fits_no_certificate_is_left_out(tmp_path: Path) -> None:
    assert not any("bad" in each for each in names_of(ensure(tmp_path, ["bad_name!"]).serving))


def test_another_address_makes_another_serving_certificate(tmp_path: Path) -> None:
    before = contents(ensure(tmp_path))
    found = ensure(tmp_path, ["10.9.9.9"])
    after = contents(found)
    assert found.renewed and "10.9.9.9" in names_of(found.serving)
    assert {name for name in FILES if before[name] != after[name]} == {"serving"}
    assert not ensure(tmp_path).renewed  # fewer names are no reason


def test_a_renewed_certificate_keeps_its_names(tmp_path: Path) -> None:
    ensure(tmp_path, ["10.9.9.9"])
    found = ensure(tmp_path, ["10.8.8.8"])
    assert {"10.9.9.9", "10.8.8.8"} <= names_of(found.serving)
    later = datetime.now(UTC) + LEAF_LIFE
    found = ensure(tmp_path, clock=lambda: later)
    assert found.renewed and {"10.9.9.9", "10.8.8.8"} <= names_of(found.serving)


@pytest.mark.parametrize("left", [RENEW_BEFORE - timedelta(hours=1), -timedelta(days=40)])
def test_certificates_are_renewed_in_time(tmp_path: Path, left: timedelta) -> None:
    before = contents(ensure(tmp_path))
    later = datetime.now(UTC) + LEAF_LIFE - left
    after = contents(ensure(tmp_path, clock=lambda: later))
    assert {name for name in FILES if before[name] != after[name]} == {"serving", "admin"}


def test_an_authority_is_renewed_with_its_key(tmp_path: Path) -> None:
    before = contents(ensure(tmp_path))
    later = datetime.now(UTC) + AUTHORITY_LIFE - timedelta(days=1)
    found = ensure(tmp_path, clock=lambda: later)
    after = contents(found)
    assert before["ca"] != after["ca"] and before["ca_key"] == after["ca_key"]
    old = x509.load_pem_x509_certificate(before["ca"])
    pki_files.load_certificate(found.serving).verify_directly_issued_by(old)


def test_a_leaf_ends_no_later_than_its_authority(tmp_path: Path) -> None:
    moment = datetime.now(UTC)
    ensure(tmp_path, clock=lambda: moment)
    later = moment + AUTHORITY_LIFE - RENEW_BEFORE - timedelta(days=1)
    found = ensure(tmp_path, clock=lambda: later)
    authority = pki_files.load_certificate(found.ca)
    leaf = pki_files.load_certificate(found.serving)
    assert leaf.not_valid_after_utc <= authority.not_valid_after_utc


def test_a_spoilt_certificate_is_made_anew_a_spoilt_key_is_not(tmp_path: Path) -> None:
    found = ensure(tmp_path)
    found.serving.write_bytes(b"spoilt")
    assert ensure(tmp_path).renewed
    found.ca_key.write_bytes(b"SECRET spoilt")
    with pytest.raises(PkiError) as caught:
        ensure(tmp_path)
    assert str(found.ca_key) in str(caught.value) and "SECRET" not in str(caught.value)


def test_an_authority_without_its_key_is_not_replaced(tmp_path: Path) -> None:
    found = ensure(tmp_path)
    found.ca_key.unlink()
    with pytest.raises(PkiError, match="missing"):
        ensure(tmp_path)


def test_an_authority_with_another_key_is_told(tmp_path: Path) -> None:
    found = ensure(tmp_path)
    found.ca_key.write_bytes(found.admin_key.read_bytes())
    with pytest.raises(PkiError, match=r"ca\.crt"):
        ensure(tmp_path)


def test_tls_with_both_sides_certified(tmp_path: Path) -> None:
    found = ensure(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(found.serving, found.serving_key)
    server.load_verify_locations(found.ca)
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cafile=str(found.ca))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.load_cert_chain(found.admin, found.admin_key)
    ours, theirs = socket.socketpair()
    seen: list[bytes | None] = []

    def serve() -> None:
        with server.wrap_socket(ours, server_side=True) as tls:
            seen.append(tls.getpeercert(binary_form=True))
            tls.sendall(b"hello")

    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(theirs, server_hostname="localhost") as tls:
        assert tls.recv(5) == b"hello"
    thread.join()
    assert seen[0] is not None
    subject = x509.load_der_x509_certificate(seen[0]).subject.rfc4514_string()
    assert subject == "CN=kubernetes-admin,O=system:masters"
