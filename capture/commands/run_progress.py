"""What `harness run` shows: on a terminal a line that moves, in a pipe the ends only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import orjson
import typer

from capture.commands.words import counted, ending, money, short_count
from capture.runs.progress import Progress, Remark, RunStarted, SessionEnded, SessionMoved, SessionStarted
from capture.terminal import BOLD, DIM, GREEN, RED, YELLOW, columns, is_terminal, painter, plain

if TYPE_CHECKING:
    from capture.runs.experiment import Finished
    from capture.runs.meta import SessionMeta

CLEAR = "\r\x1b[2K"


class Display:
    """Shows a run. The moving line goes to standard error, so that standard output is the summary alone.

    Args:
        as_json: Whether the summary is for a program.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._moving = is_terminal(sys.stderr)
        self._paint = painter(sys.stderr)
        self._gone = False
        self._at_work: dict[str, tuple[SessionMeta, str]] = {}

    def show(self, progress: Progress) -> None:
        """Show what happened."""
        match progress:
            case RunStarted():
                self._say(self._paint(f"Run {plain(progress.path)}", BOLD))
            case SessionStarted():
                self._at_work[progress.session.name] = progress.session, "starting"
            case SessionMoved():
                session = progress.session
                doing = progress.tool or self._at_work.get(session.name, (session, ""))[1]
                self._at_work[session.name] = session, doing
            case SessionEnded():
                self._at_work.pop(progress.session.name, None)
                if self._moving:
                    self._say(self._ended(progress.session))
            case Remark():
                self._say(self._paint(f"  {plain(progress.text)}", YELLOW), always=True)
        self._draw()

    def stopping(self) -> None:
        """Say that the agent is being ended."""
        self._say(self._paint("Stopping; once more to stop at once", YELLOW))

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._moving:
            self._write(CLEAR)

    def summary(self, finished: Finished) -> None:
        """Print what the run came to."""
        meta = finished.meta
        if self._as_json:
            typer.echo(orjson.dumps(meta.as_dict() | {"path": str(finished.folder.path)}).decode())
            return
        paint = painter(sys.stdout)
        state = paint(meta.status, GREEN if meta.status == "finished" else RED)
        counts = (
            counted(meta.session_count, "session"),
            counted(meta.total_steps, "step"),
            counted(meta.total_tool_calls, "tool call"),
            counted(meta.total_file_writes, "file write"),
            money(meta.total_cost_usd),
        )
        typer.echo(f"{state}: {', '.join(counts)}")
        typer.echo(f"look at it:  harness inspect {plain(finished.folder.path)}")

    def _ended(self, session: SessionMeta) -> str:
        mark = self._paint("✗", RED) if session.error else self._paint("✓", GREEN)
        return f"{mark} {self._line(session, ending(session))}"

    def _line(self, session: SessionMeta, doing: str) -> str:
        tokens = f"{short_count(session.prompt_tokens)} in {short_count(session.completion_tokens)} out"
        parts = (
            f"session {session.name}",
            f"turn {session.num_turns}",
            counted(session.tool_call_count, "tool call"),
            f"{tokens} tokens",
            money(session.total_cost_usd),
            plain(doing),
        )
        return "  ".join(filter(None, parts))

    def _say(self, text: str, always: bool = False) -> None:
        """Write a line that stays."""
        if self._moving:
            self._write(f"{CLEAR}{text}\n")
        elif always:
            self._write(f"harness: {text.strip()}\n")

    def _draw(self) -> None:
        """Draw the line that moves: the session that moved last, and how many others there are."""
        if not self._moving:
            return
        lines = [self._line(session, doing) for session, doing in self._at_work.values()]
        text = lines[-1] if lines else ""
        if len(lines) > 1:
            text = f"{text}  (+{len(lines) - 1} at once)"
        self._write(f"{CLEAR}{self._paint(text[: columns() - 1], DIM)}")

    def _write(self, text: str) -> None:
        """Write to standard error. The run goes on when nobody reads it any more."""
        if self._gone:
            return
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            self._gone = True
