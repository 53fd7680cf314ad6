"""A real tmux pane to run a program in: keys go in, the screen and the raw bytes come out.

The server is the test's own (its own socket, no user configuration). Waiting is for output, not for time:
everything the program writes is also piped through a FIFO, and each arrival wakes who waits.

A wait that is over before the key has done anything is a race that is lost once in a thousand runs, so it is
refused in every one: see `Pane.keys`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import termios
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from benchmarks.terminal import plain

DEADLINE_S = 60.0
"""How long a wait lasts before the test fails: generous, since machines are shared."""

LAG_S = 10.0
"""How long the pipe may be behind a program that has ended."""


@dataclass(frozen=True)
class _Pressed:
    """Keys that have not been seen to have an effect, and the program's screen and output before them."""

    keys: tuple[str, ...] = ()
    before: str = ""
    written: int = 0
    waited_for: tuple[object, ...] = ()
    """What a wait was for that was already so."""


class Pane:
    """One program in one tmux pane.

    Args:
        argv: the command to run.
        folder: an existing folder for the FIFO and scratch files.
        size: columns and lines.
        env: variables for the program, on top of this process's own.
        term: the TERM that the program sees.
    """

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        term: str = "tmux-256color",
    ) -> None:
        self._socket = f"tessen-{uuid.uuid4().hex[:12]}"
        self._arrived = threading.Condition()
        self._raw = bytearray()
        self._pressed = _Pressed()
        fifo = folder / f"{self._socket}.fifo"
        os.mkfifo(fifo)
        config = folder / f"{self._socket}.conf"
        config.write_text(
            f"set -g default-terminal {term}\nset -g remain-on-exit on\nset -sg escape-time 0\n"
            "set -g set-clipboard external\nset -g status off\n"
        )
        settings = [f"{k}={v}" for k, v in (env or {}).items()]
        # The program waits for the pipe, so that no byte it writes is missed.
        gate = folder / f"{self._socket}.gate"
        os.mkfifo(gate)
        command = f"read _ < {shlex.quote(str(gate))}; exec {shlex.join(['env', *settings, *argv])}"
        self._size = columns, lines = size
        self._tmux(
            "-f", str(config), "new-session", "-d", "-x", str(columns), "-y", str(lines), "sh", "-c", command
        )
        self._tmux("pipe-pane", f"exec cat > {shlex.quote(str(fifo))}")
        threading.Thread(target=self._drain, args=(fifo,), daemon=True).start()
        gate.write_text("go\n")

    def __enter__(self) -> Pane:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], check=False, capture_output=True)
        if kind is None:
            self._refuse_waits_for_nothing()

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names: "j", "Enter", "C-p", "Escape".

        Keys may follow each other at once, as somebody types who knows the way. But what is waited for in
        between must not have been on the screen before; and `Escape` has to be waited for, as a key right
        behind it is one key with alt to a terminal.

        Raises:
            AssertionError: the keys before these were not waited for so.
        """
        assert "Escape" not in keys[:-1], f"a key right behind Escape: {keys}"
        self._press("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type text as it is; what holds for `keys` holds for it."""
        self._press("send-keys", "-l", text)

    def _press(self, *words: str) -> None:
        self._refuse_waits_for_nothing()
        unseen = self._pressed
        if unseen.keys and unseen.keys[-1] == "Escape":
            raise AssertionError(f"a key right behind Escape: {words}")
        if not unseen.keys:
            with self._arrived:
                written = len(self._raw)
            unseen = _Pressed(before=self.screen(), written=written)
        self._pressed = replace(unseen, keys=(*unseen.keys, *words[1:]))
        self._tmux(*words)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the pane."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    @contextmanager
    def attached(self) -> Iterator[subprocess.Popen[bytes]]:
        """A client of the pane's server on a terminal of its own, as who comes over SSH has it."""
        ours, theirs = os.openpty()
        termios.tcsetwinsize(theirs, self._size[::-1])
        client = subprocess.Popen(
            ["tmux", "-L", self._socket, "attach"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(theirs)
        try:
            os.read(ours, 1)  # it draws once it is let in
            yield client
        finally:
            client.kill()
            client.wait()
            os.close(ours)

    def screen(self) -> str:
        """What is on the screen now, as text, one line a row."""
        return self._tmux("capture-pane", "-p")

    def styled(self) -> str:
        """What is on the screen now, with the escape codes of how it looks."""
        return self._tmux("capture-pane", "-p", "-e", "-N")

    def raw(self) -> bytes:
        """Every byte the program has written to its terminal so far."""
        with self._arrived:
            return bytes(self._raw)

    @property
    def pid(self) -> int:
        """The process id of the program."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def wait_for(self, *what: str | Callable[[str], bool], deadline_s: float = DEADLINE_S) -> str:
        """Wait until one screen holds all texts, and satisfies all conditions; returns that screen.

        A screen may be seen half drawn: what is to be on it has to be waited for, all of it. What goes
        by itself after a while is waited for with `wait_until_said`.

        Raises:
            AssertionError: it did not within the deadline; the message holds the last screen.
        """

        def holds(screen: str) -> bool:
            return all(each(screen) if callable(each) else each in screen for each in what)

        screen = self._wait(what, holds, deadline_s)
        self._seen(what, before=holds(self._pressed.before))
        return screen

    def wait_until_said(self, text: str, deadline_s: float = DEADLINE_S) -> None:
        """Wait until the program has drawn a text since the last keys, whether or not it still stands there.

        Raises:
            AssertionError: it did not within the deadline; the message holds the last screen.
        """
        written = self._pressed.written
        self._wait((text,), lambda _: text.encode() in plain(self.raw()[written:]), deadline_s)
        self._seen((text,), before=text in self._pressed.before)

    def _refuse_waits_for_nothing(self) -> None:
        unseen = self._pressed
        if unseen.waited_for:
            raise AssertionError(f"on the screen before {unseen.keys}: {unseen.waited_for}\n{unseen.before}")

    def _seen(self, what: tuple[object, ...], *, before: bool) -> None:
        """Note that keys had an effect, or else what was taken for one."""
        if not before:
            self._pressed = _Pressed(written=self._pressed.written)
        elif self._pressed.keys:
            self._pressed = replace(self._pressed, waited_for=what)

    def _wait(self, what: tuple[object, ...], holds: Callable[[str], bool], deadline_s: float) -> str:
        end = time.monotonic() + deadline_s
        while True:
            with self._arrived:
                seen = len(self._raw)
            screen = self.screen()
            if holds(screen):
                return screen
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not on screen within {deadline_s} s: {what!r}\n{screen}")
            # tmux draws a moment after the pipe has the bytes, hence a bound on the wait for more.
            if self._wrote_more(seen, min(left, 0.25)) or not self._ended() or self._wrote_more(seen, LAG_S):
                continue
            if not holds(screen := self.screen()):
                raise AssertionError(f"ended before it was on screen: {what!r}\n{screen}")

    def _wrote_more(self, seen: int, within_s: float) -> bool:
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self._raw) > seen, within_s)

    def wait_until_gone(self, deadline_s: float = DEADLINE_S) -> int:
        """Wait until the program has ended; returns its exit status.

        Raises:
            AssertionError: it still ran at the deadline.
        """
        end = time.monotonic() + deadline_s
        pid = self.pid
        while (status := self._status(pid)) is None:
            if time.monotonic() > end:
                raise AssertionError(f"still running after {deadline_s} s\n{self.screen()}")
            with self._arrived:
                self._arrived.wait(timeout=0.1)
        return status

    def _status(self, pid: int) -> int | None:
        """The exit status; None while it runs. Read off the zombie where tmux is late to collect it.

        One that a signal ended has no status for tmux: -1 stands for it.
        """
        if collected := self._collected():
            return int(collected)
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return int(self._collected() or -1) if self._ended() else None
        return int(fields[-1]) >> 8 if fields[0] == "Z" else None

    def _collected(self) -> str:
        """The exit status as tmux has it; nothing while it runs, or where it has none."""
        return self._tmux("display-message", "-p", "#{pane_dead_status}").strip()

    def _ended(self) -> bool:
        return self._tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *words], check=True, capture_output=True, text=True
        )
        return done.stdout

    def _drain(self, fifo: Path) -> None:
        with fifo.open("rb", buffering=0) as pipe:
            while chunk := pipe.read(65536):
                with self._arrived:
                    self._raw += chunk
                    self._arrived.notify_all()
