"""The process that looks for patterns behind the app.

Run as `python -m capture.log.findings.worker FOLDER [AGENT…]`. For every byte on its standard input it looks
at what is new in the log and writes one frame to its standard output: the findings of the agents for which
they are different than before. It opens the log read-only, writes nothing else anywhere, and gives way to
everything else that runs on the machine.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import msgspec

from capture.log.files import Found, scan
from capture.log.findings import Findings
from capture.log.findings.recent import Recent
from capture.log.pipe import write_frame

NICE = 10


class Looker:
    """Looks at a log folder again and again.

    Args:
        folder: The log folder, or one agent's.
        agents: The agents to read; all when empty.
    """

    def __init__(self, folder: Path, agents: Sequence[str]) -> None:
        self._folder = folder
        self._agents = tuple(agents)
        self._recent: dict[str, Recent] = {}
        self._said: Findings = {}

    def look(self) -> Findings:
        """Read what is new, and return what is different."""
        found = sorted(scan(self._folder, self._agents).files, key=attrgetter("agent"))
        by_agent = {agent: list(files) for agent, files in groupby(found, key=attrgetter("agent"))}
        changed: Findings = {}
        for agent in self._recent.keys() - by_agent.keys():
            del self._recent[agent]
            changed[agent] = []
        for agent, files in by_agent.items():
            if self._read(agent, files):
                changed[agent] = self._recent[agent].findings()
        different = {name: said for name, said in changed.items() if said != self._said.get(name, [])}
        self._said |= different
        return different

    def _read(self, agent: str, files: Sequence[Found]) -> bool:
        """Bring an agent up to date; whether there was anything new."""
        recent = self._recent.get(agent)
        if recent is not None and recent.follows(files):
            if not recent.read(files):
                return False
            if not recent.outgrown:
                return True
        self._recent[agent] = Recent(files)
        return True


def main() -> None:
    """Look whenever asked to, until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is for the program that started this one
    os.nice(NICE)
    gc.disable()  # nothing here makes cycles
    looker = Looker(Path(sys.argv[1]), sys.argv[2:])
    while os.read(sys.stdin.fileno(), 1):
        write_frame(sys.stdout.buffer, msgspec.msgpack.encode(looker.look()))


if __name__ == "__main__":
    main()
