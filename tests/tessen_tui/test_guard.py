"""However the app dies, the terminal is sane afterwards and the temporary folder gone."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import termios
import time
from pathlib import Path

import pytest

from tessen_tui import guard

PROGRAM = """
import sys, termios, tty, signal, os
from pathlib import Path
from tessen_tui.guard import guarded_terminal
folder, how = Path(sys.argv[1]), sys.argv[2]
folder.mkdir()
with guarded_terminal(folder):
    tty.setraw(0)
    os.write(1, b"\\x1b[?1049h\\x1b[?25l\\x1b[?1003hdrawn")
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "crash":
        os.abort()
"""
DEADLINE_S = 60.0


def run(folder: Path, how: str) -> tuple[bytes, bool]:
    """Run the program on a terminal; returns what it wrote, and whether the terminal echoes afterwards."""
    main, side = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for target in (0, 1, 2):
            os.dup2(side, target)
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM, str(folder), how])
    os.waitpid(pid, 0)
    output = b""
    end = time.monotonic() + DEADLINE_S
    wanted = b"drawn" if how == "well" else b"\x1b[?25h"
    while wanted not in output:
        assert time.monotonic() < end, f"{wanted!r} was not written: {output!r}"
        if select.select([main], [], [], 0.2)[0]:
            output += os.read(main, 65536)
    echoes = bool(termios.tcgetattr(side)[3] & termios.ECHO)
    os.close(main)
    os.close(side)
    return output, echoes


@pytest.mark.parametrize("how", ["kill", "crash"])
def test_after_a_sudden_death(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "demo"
    output, echoes = run(folder, how)
    after = output[output.index(b"drawn") :]
    for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?2004l"):
        assert sequence in after
    assert echoes
    assert not folder.exists()


def test_what_others_make_anew_is_removed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "demo"
    meanwhile = iter((folder.mkdir, folder.mkdir, lambda: None, folder.mkdir))
    monkeypatch.setattr(time, "sleep", lambda _: next(meanwhile)())
    guard._keep_away(folder)
    assert not folder.exists()
    assert len(list(meanwhile)) == 1


def test_after_a_good_end_it_keeps_out(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    output, _ = run(folder, "well")
    assert output.endswith(b"drawn")
    assert folder.exists()


def test_without_a_terminal_it_does_nothing(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(write_end, 1)
        os.execv(
            sys.executable,
            [sys.executable, "-c", "from tessen_tui.guard import guarded_terminal as g\nwith g(): pass"],
        )
    assert os.waitpid(pid, 0)[1] == 0
    os.close(write_end)
    assert os.read(read_end, 10) == b""
    assert signal.getsignal(signal.SIGINT) is not None
