"""`tessen upload`: send what the log holds to the ingest server, as the recorder would have.

What belongs here is the command: which agents, what is said meanwhile, and how it ends.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from tessen import _config
from tessen.paths import MAX_AGENT_BYTES, log_files, safe_agent
from tessen.sanitise import one_line

if TYPE_CHECKING:
    from tessen._config import Settings
    from tessen._ship_wire import Delivery, Wire
    from tessen._uploading import Selection, Tally

SUMMARY = "send an agent's log to the ingest server"
INTERRUPTED = 130
LOCK = ".uploading"

_EXAMPLE = """\
example:
  $ tessen upload my_agent --since 24h --dry-run
  $ tessen upload --all

TESSEN_API_KEY must be set. What the server has acknowledged is remembered: run it again to go on.
"""


class _RefusedError(Exception):
    """The command cannot do what it was asked for; the message is one line."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class _Job(NamedTuple):
    """What is done for each agent."""

    settings: Settings
    selection: Selection
    wire: Wire
    dry_run: bool
    unreadable: list[str]
    """Files that could not be read."""

    def send(self, body: bytes, idempotency_key: str) -> Delivery:
        """Send one body; nothing in a dry run, which ends as if it had been acknowledged."""
        from tessen._ship_wire import Delivery, deliver

        if self.dry_run:
            return Delivery(True)
        return deliver(self.wire, body, idempotency_key, self.settings.retry_max, _pause)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Send what an agent's log holds to the ingest server. Nothing is sent twice."
    parser.epilog = _EXAMPLE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("agent", nargs="?", help="whose log")
    parser.add_argument("--all", action="store_true", help="the logs of all agents")
    parser.add_argument(
        "--since", metavar="WHEN", help="only events from then on: 30m, 24h, 7d, 2w or a date"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be sent; needs no key")
    parser.add_argument("--json", action="store_true", help="print counts as JSON")
    parser.add_argument("--log-dir", metavar="FOLDER", help="where the log is (default: $TESSEN_LOG_DIR)")
    parser.add_argument("--ingest-url", metavar="URL", help="where to send it (default: $TESSEN_INGEST_URL)")
    parser.add_argument("--batch-size", metavar="N", type=_batch, help="events in one request (default: 64)")


def _batch(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:10]) > 0):
        raise argparse.ArgumentTypeError(f"takes a whole number, 1 or more, not {text[:40]!r}")
    return int(text[:10])


def run(options: argparse.Namespace) -> int:
    """Send; return 0 if the server has everything that was asked for, 1 if not, 2 if it was asked wrongly."""
    log_dir = _config.load(log_dir=options.log_dir).log_dir
    try:
        return _upload(options, _agents(options, log_dir), _job(options))
    except _RefusedError as problem:
        return _failed(str(problem), problem.exit_code)
    except OSError as problem:
        return _failed(f"{problem.filename or log_dir}: {problem.strerror or problem}", 1)


def _job(options: argparse.Namespace) -> _Job:
    from tessen._command import since_of
    from tessen._ship_wire import Wire
    from tessen._uploading import Selection

    settings = _config.load(
        log_dir=options.log_dir, ingest_url=options.ingest_url, batch_max_events=options.batch_size
    )
    if settings.api_key is None and not options.dry_run:
        raise _RefusedError("TESSEN_API_KEY is not set; set it, or look with --dry-run what would be sent")
    since = since_of(options)
    try:
        wire = Wire(settings.ingest_url, settings.api_key or "", settings.http_timeout_sec)
    except ValueError as problem:
        named = "--ingest-url: " if options.ingest_url else ""
        raise _RefusedError(f"{named}{problem}") from None
    secrets = (settings.api_key,) if settings.api_key else ()
    selection = Selection(since, settings.batch_max_events, secrets, settings.redact)
    return _Job(settings, selection, wire, options.dry_run, [])


def _upload(options: argparse.Namespace, agents: list[str], job: _Job) -> int:
    tallies: dict[str, Tally] = {}
    stopped = None
    try:
        for agent in agents:
            stopped = _one(agent, job, tallies)
            if stopped:
                break
    except KeyboardInterrupt:
        _report(options, tallies, job.wire.where)
        return _failed("interrupted; run it again to go on from there", INTERRUPTED)
    finally:
        job.wire.close()
    _report(options, tallies, job.wire.where)
    if stopped:
        return _failed(f"{job.wire.where}: {stopped}; run it again to go on from there", 1)
    return 1 if job.unreadable or any(tally.failed for tally in tallies.values()) else 0


def _one(agent: str, job: _Job, tallies: dict[str, Tally]) -> str | None:
    """Send one agent's log; return why nothing further should be tried, if so."""
    from tessen._uploaded import Uploaded
    from tessen._uploading import Upload

    folder = job.settings.log_dir / safe_agent(agent)
    with _alone(folder, needed=not job.dry_run), _Progress(agent, sys.stderr) as progress:
        done = Uploaded(folder, job.settings.ingest_url)
        upload = Upload(folder, done, job.selection, remember=not job.dry_run)
        tallies[agent] = upload.tally
        for tally in upload.run(job.send):
            tallies[agent] = tally
            progress.show(tally)
    for problem in upload.unreadable:
        _failed(problem, 1)
    job.unreadable.extend(upload.unreadable)
    return upload.stopped_by


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def _agents(options: argparse.Namespace, log_dir: Path) -> list[str]:
    """The agents that were asked for: those with a log, whose folders are named as a recorder names them."""
    if bool(options.agent) == options.all:
        raise _RefusedError("name one agent, or say --all")
    try:
        names = sorted(path.name for path in log_dir.iterdir() if path.name == safe_agent(path.name))
    except FileNotFoundError:
        names = []
    found = [name for name in names if log_files(log_dir / name)]
    if options.all and found:
        return found
    if options.all:
        raise _RefusedError(f"{log_dir}: there is no log in this folder; see --log-dir", 1)
    if safe_agent(options.agent) in found:
        return [options.agent]
    import difflib

    wanted = options.agent[:MAX_AGENT_BYTES]
    near = difflib.get_close_matches(wanted, found, 1)
    perhaps = (
        f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(found[:8])}" if found else ""
    )
    raise _RefusedError(f"{log_dir}: there is no log of {wanted!a}{perhaps}", 1)


@contextmanager
def _alone(folder: Path, *, needed: bool) -> Iterator[None]:
    """Hold the agent's upload lock.

    Raises:
        _RefusedError: Another upload of the same log is running.
    """
    import fcntl

    if not needed:
        yield
        return
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise _RefusedError(f"{folder}: another upload of this log is running", 1) from None
    try:
        yield
    finally:
        os.close(fd)


class _Progress:
    """One line on a terminal that says how far an upload has come; nothing elsewhere."""

    def __init__(self, agent: str, stream: TextIO) -> None:
        self._agent = safe_agent(agent)
        self._stream = stream
        self._shown = stream.isatty()

    def __enter__(self) -> _Progress:
        return self

    def show(self, tally: Tally) -> None:
        """Draw the line anew."""
        if self._shown:
            said = (
                f"{self._agent}: {tally.shipped:,} sent, {tally.skipped:,} skipped, {tally.failed:,} failed"
            )
            self._stream.write(f"\r\x1b[K{said}")
            self._stream.flush()

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _report(options: argparse.Namespace, tallies: dict[str, Tally], where: str) -> None:
    from tessen._uploading import Tally
    from tessen.reading.envelope import dumps, envelope

    total = Tally(*(sum(counts) for counts in zip(*tallies.values(), strict=True))) if tallies else Tally()
    if options.json:
        per_agent = {agent: tally._asdict() for agent, tally in tallies.items()}
        aggregate = {**total._asdict(), "agents_processed": len(tallies)}
        _print(dumps(envelope({"per_agent": per_agent, "aggregate": aggregate, "dry_run": options.dry_run})))
        return
    sent = "would be sent" if options.dry_run else "sent"
    for agent, tally in tallies.items():
        corrupt = f", {tally.corrupt_lines:,} unreadable lines" if tally.corrupt_lines else ""
        failed = f", {tally.failed:,} failed" if tally.failed else ""
        _print(
            f"{safe_agent(agent)}: {tally.shipped:,} events {sent} to {where} in {tally.batches:,} requests, "
            f"{tally.skipped:,} skipped{failed}{corrupt}"
        )


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), 1
        )  # so that nothing is said at the interpreter's end either


def _failed(why: str, exit_code: int) -> int:
    print(f"tessen upload: {one_line(why, 800)}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["upload", *sys.argv[1:]]))
