"""Where the real node keeps itself, and by which names and addresses it is known. Pure, but for looking at files."""

from __future__ import annotations

import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.state import REGION, LabError, State

#: RFC 5737 documentation addresses, put on the loopback interface: a Node's address may not be 127.0.0.1.
NETWORK = "198.51.100"
KUBELET_PORT = 10250
#: In the network namespace of the containers there is nothing else, so the port is free.
REGISTRY = "127.0.0.1:5000"
SOCKET = "/run/containerd/containerd.sock"
#: Directories of the machine that the programs write to under names that cannot be changed; they see others in their place.
HIDDEN = ("/var/lib", "/var/log", "/run")


@dataclass(frozen=True)
class Settings:
    """The real node of one lab."""

    directory: Path
    address: str

    @classmethod
    def load(cls, state: State) -> Settings | None:
        """What ``choose`` chose; None when there is no real node."""
        directory = state.directory / "real"
        try:
            saved = json.loads((directory / "settings.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(directory, saved["address"])

    @classmethod
    def choose(cls, state: State) -> Settings:
        """The settings of this lab's real node, made if there are none."""
        found = cls.load(state)
        if found:
            return found
        made = cls(state.directory / "real", free_address())
        made.directory.mkdir(parents=True, exist_ok=True)
        (made.directory / "settings.json").write_text(json.dumps({"address": made.address}) + "\n", encoding="utf-8")
        return made

    @property
    def node(self) -> str:
        """The Node's name."""
        return f"ip-{self.address.replace('.', '-')}.{REGION}.compute.internal"

    @property
    def cgroup(self) -> str:
        """The cgroup that all containers are in, in every hierarchy."""
        return f"/accelerated-lab-{self.address.rpartition('.')[2]}"

    @property
    def offer(self) -> Path:
        """What the device plugin offers."""
        return self.directory / "offer.json"

    @property
    def driver(self) -> Path:
        """The directory that stands for the driver in every container with devices."""
        return self.directory / "driver"

    @property
    def plugin_directory(self) -> Path:
        """Where the kubelet's socket for device plugins is: the kubelet calls it /var/lib/kubelet/device-plugins."""
        return self.stand_in("/var/lib") / "kubelet" / "device-plugins"

    def stand_in(self, hidden: str) -> Path:
        """The directory that is in the place of one of ``HIDDEN``."""
        return self.directory / hidden.strip("/").replace("/", "-")


def free_address() -> str:
    """An address of ``NETWORK`` that no interface has."""
    taken = {each["local"] for link in links() for each in link.get("addr_info", ())}
    return random.choice([address for last in range(1, 255) if (address := f"{NETWORK}.{last}") not in taken])


def links() -> list[dict[str, Any]]:
    """The machine's network interfaces with their addresses.

    Raises:
        LabError: ``ip`` failed.
    """
    done = subprocess.run(["ip", "-json", "address"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"ip address failed: {done.stderr.strip()}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
