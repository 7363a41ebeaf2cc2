"""The certificates that the proxy shows: a good one, and one for each way in which TLS can fail."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.lab.state import LOOPBACK

GOOD, UNKNOWN_AUTHORITY, EXPIRED, OTHER_HOST = "good", "unknown authority", "expired", "other host"


@dataclass(frozen=True)
class Authority:
    """A certificate authority of one run."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("proxy-ca")
        builder = _builder(name, name, key, days=1).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        return cls(key, builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()))

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def context(self, directory: Path, host: str = LOOPBACK, days: int = 1) -> ssl.SSLContext:
        """A server's context with a certificate for ``host``, which ends in ``days`` days (below 0: has ended)."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        builder = _builder(_name(host), self.certificate.subject, key, days)
        certificate = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False).sign(self.key, hashes.SHA256())
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = directory / f"{certificate.serial_number}.pem"
        path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def contexts(authority: Authority, directory: Path) -> dict[str, ssl.SSLContext]:
    """What a listener can show, by what is wrong with it."""
    return {
        GOOD: authority.context(directory),
        UNKNOWN_AUTHORITY: Authority.new().context(directory),
        EXPIRED: authority.context(directory, days=-1),
        OTHER_HOST: authority.context(directory, host="elsewhere.example"),
    }


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
    )
