"""The night: starts everything the demo needs, and leaves nothing running.

The folder gets `logs` (what the app opens), `agents` (the programs, for their call sites to point to),
`workshop` (a project, and the runs of the agent that mends it), `jobs` (those of the night alone), and
`troupe.log` and `workshop.log` (what they print). Removing it is up to who made it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from capture.jobs import JobError, cancel, list_jobs
from tessen_tui.demo.backlog import Line, append, write_backlog
from tessen_tui.demo.cast import AGENTS
from tessen_tui.demo.stage import START_VARIABLE

PROGRAMS = Path(__file__).parent / "programs"
WORKSHOP = Path(__file__).parent / "letters"
HOME = Path(__file__).parent.parent.parent
"""The folder that holds our packages."""

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""All that the agents see of the environment: no key, no proxy, no one else's base URL."""

PATIENCE_S = 3.0
"""How long the agents get to end by themselves, seconds."""


class Night:
    """A night of six agents and a workshop, in a folder.

    Entering takes a fraction of a second: the agents are started, and the past is written while they import
    their SDKs. They end with this process, however it ends.

    Args:
        folder: An existing folder that nothing else uses.
    """

    def __init__(self, folder: Path) -> None:
        self.log_dir = folder / "logs"
        """The log folder to open in the app."""
        self.runs_dir = folder / "workshop" / "runs"
        """The folder of runs; there is one as soon as the workshop's first has begun."""
        self.jobs_dir = folder / "jobs"
        """The folder of jobs, for `HARNESS_JOBS_DIR`."""
        self._folder = folder
        self._troupes: list[subprocess.Popen[bytes]] = []
        """Processes that end when their standard input does: two of agents, one of the workshop."""
        self._over = threading.Event()
        self._opening: threading.Thread | None = None

    def start(self) -> None:
        """Start the agents and write the past."""
        self.log_dir.mkdir(mode=0o700, exist_ok=True)
        programs = self._folder / "agents"
        shutil.copytree(PROGRAMS, programs, ignore=shutil.ignore_patterns("__*"))
        now = time.time()
        for sdk in dict.fromkeys(agent.sdk for agent in AGENTS):
            self._troupes.append(self._troupe("troupe", now, sdk, str(programs)))
        workshop = self._folder / "workshop"
        shutil.copytree(WORKSHOP, workshop, ignore=shutil.ignore_patterns("__*"))
        self._troupes.append(self._troupe("workshop", now, str(workshop)))
        to_come = write_backlog(self.log_dir, programs, now)
        self._opening = threading.Thread(target=self._write_as_due, args=(to_come,), daemon=True)
        self._opening.start()

    def stop(self) -> None:
        """End the agents: asked first, killed after a few seconds. Jobs of the night end with it."""
        self._over.set()
        if self._opening is not None:
            self._opening.join()
        for troupe in self._troupes:
            assert troupe.stdin is not None
            troupe.stdin.close()
            troupe.terminate()
        for troupe in self._troupes:
            try:
                troupe.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(troupe.pid, 9)
                troupe.wait()
        self._troupes.clear()
        for folder, _ in list_jobs(self.jobs_dir).jobs:
            with contextlib.suppress(JobError):
                cancel(folder)

    def __enter__(self) -> Night:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _write_as_due(self, to_come: list[Line]) -> None:
        """Write what the backlog has for the first seconds: something moves while SDKs are imported."""
        for line in to_come:
            if self._over.wait(max(0.0, line.due - time.time())):
                return
            append(line)

    def _troupe(self, module: str, now: float, *words: str) -> subprocess.Popen[bytes]:
        output = os.open(self._folder / f"{module}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", f"tessen_tui.demo.{module}", *words],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=_environment(self.log_dir, now) | {"HARNESS_JOBS_DIR": str(self.jobs_dir)},
                cwd=self._folder,
                start_new_session=True,
            )
        finally:
            os.close(output)


def _environment(log_dir: Path, now: float) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {
        "ANTHROPIC_API_KEY": "demo",
        "OPENAI_API_KEY": "demo",
        "PYTHONPATH": str(HOME),
        "PYTHONWARNINGS": "ignore",
        "TESSEN_LOG_DIR": str(log_dir),
        "TESSEN_DISABLE_FSYNC": "1",
        "TESSEN_DISABLE_CRAWL": "1",
        "TESSEN_DISABLE_GIT_LEARN": "1",
        START_VARIABLE: repr(now),
    }
