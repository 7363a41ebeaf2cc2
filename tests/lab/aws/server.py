"""The simulated AWS, served on the loopback."""

from __future__ import annotations

import logging
from threading import Thread

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tests.lab.state import LOOPBACK, State

from .credentials import refusing
from .install import install
from .pages import remembering


class Emulator:
    """A running AWS.

    Args:
        port: on which it listens, 0 for a free one.
        state: the lab, in whose directory faults are set.
    """

    def __init__(self, port: int, state: State) -> None:
        self.state = state
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        app = refusing(remembering(DomainDispatcherApplication(create_backend_app)))
        self._server = make_server(LOOPBACK, port, app, threaded=True, request_handler=MotoRequestHandler)
        self._thread = Thread(target=self._server.serve_forever, name="aws", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        """What ``AWS_ENDPOINT_URL`` should be."""
        return f"http://{LOOPBACK}:{self.port}"

    def stop(self) -> None:
        """Stop listening; what the account held is lost with the process."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(port: int, state: State) -> Emulator:
    """Serve AWS on ``127.0.0.1:port``, with faults from the directory of ``state``."""
    install(state)
    return Emulator(port, state)
