"""Programs on a machine of their own that has no network but loopback, and what they tried to reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

INSIDE = """
import fcntl, json, pathlib, socket, struct, subprocess, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_of_them:
    fcntl.ioctl(any_of_them, 0x8914, struct.pack("16sh", b"lo", 0x41))  # SIOCSIFFLAGS: up and running
done = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL)
names, values = [
    line.split() for line in pathlib.Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:")
]
tried = int(values[names.index("OutNoRoutes")])
for line in pathlib.Path("/proc/net/snmp6").read_text().splitlines():
    tried += int(line.split()[1]) if line.startswith("Ip6OutNoRoutes") else 0
pathlib.Path(sys.argv[1]).write_text(json.dumps(tried))
sys.exit(done.returncode)
"""


@dataclass(frozen=True)
class Done:
    """A program that has come to its end."""

    code: int
    out: str
    err: str
    tried: int
    """How often anything it started tried to send to where no way leads: anywhere beyond loopback."""


def alone(command: list[str], note: Path, cwd: Path, env: dict[str, str]) -> Done:
    """Run a program in a network namespace with nothing but loopback.

    Args:
        command: The program.
        note: A file for the count.
        cwd: Where it starts.
        env: Its whole environment.
    """
    apart = ["unshare", "-n" if os.geteuid() == 0 else "-Urn"]
    done = subprocess.run(
        [*apart, sys.executable, "-I", "-c", INSIDE, str(note), *command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr, json.loads(note.read_text()))
