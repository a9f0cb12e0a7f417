"""The certificates of a control plane: its own authority, and what that has signed.

Made on first use under HOME/pki, by kubeadm's names. Keys are made once and stay;
certificates are renewed in time, or when the server gets another name. The key that signs
service-account tokens lies beside them.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kctl.api.names import dns_subdomain
from kctl.api.user import MASTERS
from kctl.server.auth.files import private_directory, write_private

ADMIN = "kubernetes-admin"
NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
)
ADDRESSES = ("127.0.0.1", "::1")
AUTHORITY_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=365)
RENEW_BEFORE = timedelta(days=60)
SKEW = timedelta(minutes=5)
"""How far back a certificate begins to hold, for clients whose clock is behind."""

Key = ec.EllipticCurvePrivateKey
Certificate = x509.Certificate


class PkiError(Exception):
    """Files that cannot be used; the text names the file and never its content."""


class Pki(NamedTuple):
    """Paths of PEM files. `renewed`: the serving certificate is a new one, to be loaded."""

    ca: Path
    ca_key: Path
    serving: Path
    serving_key: Path
    admin: Path
    admin_key: Path
    account_key: Path
    renewed: bool = False


class Leaf(NamedTuple):
    """What a certificate is for: the subject, and the names of a server."""

    name: str
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


def now() -> datetime:
    return datetime.now(UTC)


def ensure(
    home: Path,
    listen: Iterable[str] = (),
    *,
    clock: Callable[[], datetime] = now,
) -> Pki:
    """The certificates of the control plane at `home`, made or renewed where that is due.
    `listen`: names and addresses that the server is reached by, beside its own. Several
    processes may call at once. Raises PkiError, OSError."""
    directory = home / "pki"
    with private_directory(directory):
        return _ensure(directory, hosts_of(listen), clock())


def hosts_of(listen: Iterable[str]) -> tuple[str, ...]:
    """Every name and address for the serving certificate, each once."""
    own = socket.gethostname()
    given = [each.strip("[]") for each in listen]
    wildcards = {"", "0.0.0.0", "::", "*"}
    wanted = (*NAMES, *ADDRESSES, own, *(each for each in given if each not in wildcards))
    names = (_general_name(each) for each in wanted)
    return tuple(sorted({str(name.value) for name in names if name is not None}))


def _ensure(directory: Path, hosts: tuple[str, ...], moment: datetime) -> Pki:
    files = paths(directory)
    authority_key = _key(files.ca_key, expected=files.ca)
    authority = _authority(files.ca, authority_key, moment)
    issue = (authority, authority_key, moment)
    serving = Leaf("kube-apiserver", (), hosts)
    renewed = _leaf(files.serving, _key(files.serving_key), serving, *issue)
    _leaf(files.admin, _key(files.admin_key), Leaf(ADMIN, (MASTERS,)), *issue)
    _key(files.account_key)
    return files._replace(renewed=renewed)


def paths(directory: Path) -> Pki:
    """Where everything lies; by kubeadm's names."""
    return Pki(
        directory / "ca.crt",
        directory / "ca.key",
        directory / "apiserver.crt",
        directory / "apiserver.key",
        directory / "admin.crt",
        directory / "admin.key",
        directory / "sa.key",
    )


# --- keys ----------------------------------------------------------------------------


def _key(path: Path, expected: Path | None = None) -> Key:
    """The key of a file, made where there is none: but not where `expected`, which it has
    signed, is there, since everything that trusts that would be lost."""
    if path.exists():
        return load_key(path)
    if expected is not None and expected.exists():
        raise PkiError(f"{path}: missing, though {expected.name} is there")
    key = ec.generate_private_key(ec.SECP256R1())
    write_private(path, key_pem(key))
    return key


def load_key(path: Path) -> Key:
    """Raises PkiError, OSError."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        raise PkiError(f"{path}: not a private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError(f"{path}: not an elliptic curve key")
    return key


def key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


# --- certificates --------------------------------------------------------------------


def load_certificate(path: Path) -> Certificate:
    """Raises PkiError, OSError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        raise PkiError(f"{path}: not a certificate in PEM") from None


def certificate_pem(certificate: Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _authority(path: Path, key: Key, moment: datetime) -> Certificate:
    if path.exists():
        found = load_certificate(path)
        if found.public_key() != key.public_key():
            raise PkiError(f"{path}: not the certificate of {path.stem}.key")
        if moment < found.not_valid_after_utc - RENEW_BEFORE:
            return found
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kctl")])
    builder = _builder(subject, subject, key, moment, AUTHORITY_LIFE)
    usage = _usage(signs_certificates=True)
    built = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(path, certificate_pem(built))
    return built


def _leaf(
    path: Path, key: Key, leaf: Leaf, authority: Certificate, signer: Key, moment: datetime
) -> bool:
    """True where the certificate had to be made. It keeps the names that it had, since
    whoever has it renewed need not know them."""
    found = _own(path, key, authority)
    if found is not None:
        if _serves(found, leaf, moment):
            return False
        leaf = leaf._replace(hosts=tuple(sorted({*leaf.hosts, *_hosts(found)})))
    write_private(path, certificate_pem(issue(key.public_key(), leaf, authority, signer, moment)))
    return True


def _own(path: Path, key: Key, authority: Certificate) -> Certificate | None:
    """The certificate of a file, if it is one for this key that our authority made."""
    if not path.exists():
        return None
    try:
        found = load_certificate(path)
        found.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is right
        return None
    return found if found.public_key() == key.public_key() else None


def _serves(found: Certificate, leaf: Leaf, moment: datetime) -> bool:
    """Whether a certificate may stay."""
    return (
        found.subject == _subject(leaf)
        and set(leaf.hosts) <= _hosts(found)
        and moment < found.not_valid_after_utc - RENEW_BEFORE
    )


def issue(
    public: ec.EllipticCurvePublicKey,
    leaf: Leaf,
    authority: Certificate,
    signer: Key,
    moment: datetime,
    life: timedelta = LEAF_LIFE,
) -> Certificate:
    """A certificate for a server where the leaf has hosts, otherwise for a client."""
    life = min(life, authority.not_valid_after_utc - moment)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if leaf.hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = (
        _builder(_subject(leaf), authority.subject, public, moment, life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(identifier, critical=False)
    )
    names = [name for each in leaf.hosts if (name := _general_name(each)) is not None]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: Key | ec.EllipticCurvePublicKey,
    moment: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    public = key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - SKEW)
        .not_valid_after(moment + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _subject(leaf: Leaf) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in leaf.groups]
    name = [x509.NameAttribute(NameOID.COMMON_NAME, leaf.name)] if leaf.name else []
    return x509.Name([*groups, *name])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.IPAddress | x509.DNSName | None:
    """As it stands in a certificate; None for what cannot stand there."""
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(host))
    name = host.lower().rstrip(".")
    return None if dns_subdomain(name) else x509.DNSName(name)


def _hosts(certificate: Certificate) -> set[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = {str(each) for each in found.get_values_for_type(x509.IPAddress)}
    return addresses | set(found.get_values_for_type(x509.DNSName))
