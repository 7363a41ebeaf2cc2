"""The kubelets' HTTPS port, one for all simulated nodes: it serves containers' logs to the API server."""

from __future__ import annotations

import datetime
import ipaddress
import logging
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"

#: A log need not be UTF-8: such bytes are kept in a text as surrogates.
BYTES = {"encoding": "utf-8", "errors": "surrogateescape"}

#: (namespace, pod, container, wait for the end) -> HTTP status, and the log or the reason why there is none.
LogOf = Callable[[str, str, str, bool], tuple[int, str]]


def certificate(directory: Path) -> Path:
    """A self-signed serving certificate with its key, made once, in one file: kubelets bring their own, too."""
    path = directory / "kubelet.pem"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(_certificate())
    return path


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab kubelet")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + signed.public_bytes(serialization.Encoding.PEM)


def cut(text: str, query: dict[str, list[str]]) -> str:
    """A log as its query asks for it: ``tailLines``, then ``limitBytes``."""
    if "tailLines" in query:
        lines = text.splitlines(keepends=True)
        count = int(query["tailLines"][0])
        text = "".join(lines[len(lines) - count :]) if count < len(lines) else text
    if "limitBytes" in query:
        text = text.encode(**BYTES)[: int(query["limitBytes"][0])].decode(errors="surrogateescape")
    return text


class _Handler(BaseHTTPRequestHandler):
    log_of: LogOf

    def do_GET(self) -> None:
        """``/containerLogs/<namespace>/<pod>/<container>``."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        words = parts.path.strip("/").split("/")
        status, text = 404, f"no log at {parts.path}"
        if len(words) == 4 and words[0] == "containerLogs":
            status, text = self.log_of(words[1], words[2], words[3], "true" in query.get("follow", []))
        self._answer(status, cut(text, query) if status == 200 else text)

    def _answer(self, status: int, text: str) -> None:
        body = text.encode(**BYTES)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)


def serve(log_of: LogOf, directory: Path, port: int = 0) -> ThreadingHTTPServer:
    """Serve logs on the loopback in a thread; port 0 takes a free one (``server_port`` says which)."""
    handler = type("Handler", (_Handler,), {"log_of": staticmethod(log_of)})
    server = ThreadingHTTPServer((LOOPBACK, port), handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(directory))
    # The handshake belongs to the connection's own thread: one slow client must not hold up the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, name="kubelet", daemon=True).start()
    return server
