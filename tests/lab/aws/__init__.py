"""The simulated AWS of the lab: moto, with its gaps closed by backends and responses of the lab's own.

``serve`` runs it on the loopback, ``prepare`` makes what a user's account has before the collection runs, ``faults``
makes it refuse on demand.
"""

from .account import ClusterRequest, make_account, prepare
from .server import Emulator, serve

__all__ = ["ClusterRequest", "Emulator", "make_account", "prepare", "serve"]
