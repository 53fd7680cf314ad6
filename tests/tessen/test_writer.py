import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tessen import _writer
from tessen._writer import LogWriter

TODAY = "2026-11-23"
NOON = 1795435200.0


def writer_at(folder: Path, **more: Any) -> LogWriter:
    """A writer for which it stays noon, so that no test depends on when it runs."""
    return LogWriter(folder / "a" / "logs", **{"clock": lambda: NOON, **more})


@pytest.fixture
def writer(tmp_path: Path) -> LogWriter:
    return writer_at(tmp_path)


def log_of(tmp_path: Path, agent: str = "x", number: str = "") -> Path:
    return tmp_path / "a" / "logs" / agent / f"{TODAY}{number}.jsonl"


def test_a_line_is_in_the_file_when_write_returns(writer: LogWriter, tmp_path: Path) -> None:
    writer.write("x", b'{"n":1}')
    assert log_of(tmp_path).read_bytes() == b'{"n":1}\n'
    writer.write("x", b'{"n":2}')
    assert log_of(tmp_path).read_bytes() == b'{"n":1}\n{"n":2}\n'


def test_files_and_folders_are_for_the_user_only(writer: LogWriter, tmp_path: Path) -> None:
    writer.write("x", b"{}")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (log_of(tmp_path), *log_of(tmp_path).parents[:3])]
    assert modes == [0o600, 0o700, 0o700, 0o700]


def test_a_full_file_is_followed_by_the_next_number(tmp_path: Path) -> None:
    writer = writer_at(tmp_path, rotate_at=20)
    for _ in range(5):
        writer.write("x", b'{"n":12}')
    assert [log_of(tmp_path, number=number).stat().st_size for number in ("", ".1")] == [27, 18]


def test_a_new_day_has_a_new_file(tmp_path: Path) -> None:
    midnight = NOON + 12 * 3600
    times = iter([midnight - 0.001, midnight])
    writer = writer_at(tmp_path, clock=lambda: next(times))
    writer.write("x", b'"late"')
    writer.write("x", b'"early"')
    assert log_of(tmp_path).read_bytes() == b'"late"\n'
    assert log_of(tmp_path).with_name("2026-11-24.jsonl").read_bytes() == b'"early"\n'


def test_a_new_writer_goes_on_in_the_newest_file(tmp_path: Path) -> None:
    for expected in (1, 2):
        writer = writer_at(tmp_path, rotate_at=5)
        writer.write("x", b'{"n":12}')
        assert len(list(log_of(tmp_path).parent.iterdir())) == expected
    log_of(tmp_path, number=".9").write_bytes(b"")
    writer_at(tmp_path, rotate_at=5).write("x", b"{}")
    assert log_of(tmp_path, number=".9").read_bytes() == b"{}\n"


def test_no_line_is_glued_to_a_torn_one(tmp_path: Path) -> None:
    log_of(tmp_path).parent.mkdir(parents=True)
    log_of(tmp_path).write_bytes(b'{"n":1}\n{"n":2,"tor')
    writer = writer_at(tmp_path)
    writer.write("x", b'{"n":3}')
    with log_of(tmp_path).open("ab") as other:
        other.write(b'{"another process was cut off he')
    writer.write("x", b'{"n":4}')
    lines = log_of(tmp_path).read_bytes().split(b"\n")
    assert lines[2] == b'{"n":3}'
    assert lines[4:] == [b'{"n":4}', b""]


def test_a_file_taken_away_is_made_again(writer: LogWriter, tmp_path: Path) -> None:
    writer.write("x", b'{"n":1}')
    log_of(tmp_path).unlink()
    log_of(tmp_path).parent.rmdir()
    writer.write("x", b'{"n":2}')
    assert log_of(tmp_path).read_bytes() == b'{"n":2}\n'


def test_a_descriptor_that_became_someone_elses_is_left_alone(writer: LogWriter, tmp_path: Path) -> None:
    """Daemons close every descriptor they have; the number may then name a file of the program's."""
    writer.write("x", b'{"n":1}')
    fd = writer._files["x"].fd
    foreign = os.open(tmp_path / "foreign", os.O_RDWR | os.O_CREAT)
    os.dup2(foreign, fd)
    writer.write("x", b'{"n":2}')
    assert (tmp_path / "foreign").read_bytes() == b""
    os.write(fd, b"still open")
    assert log_of(tmp_path).read_bytes() == b'{"n":1}\n{"n":2}\n'
    os.close(foreign)


def test_an_unwritable_log_costs_one_warning_and_is_taken_up_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_writer, "RETRY_AFTER", 0.0)
    (tmp_path / "a").write_text("a file where a folder should be")
    writer = writer_at(tmp_path)
    for _ in range(3):
        writer.write("x", b"{}")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"cannot write to {tmp_path}/a/logs/x (File exists)" in said

    (tmp_path / "a").unlink()
    writer.write("x", b'{"back":1}')
    writer.write("x", b'{"back":2}')
    assert capsys.readouterr().err == "tessen: the log can be written again; 3 event(s) were lost\n"
    assert log_of(tmp_path).read_bytes() == b'{"back":1}\n{"back":2}\n'


def test_a_full_disk_costs_no_exception_and_no_later_line(tmp_path: Path) -> None:
    """A limit on the file's size stands for the full disk: the write that hits it is short."""
    code = f"""if True:
        import resource, signal
        from pathlib import Path
        from tessen import _writer
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        _writer.RETRY_AFTER = 0.0
        writer = _writer.LogWriter(Path({str(tmp_path / "a" / "logs")!r}), clock=lambda: {NOON})
        writer.write("x", b'{{"n":1}}')
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
        writer.write("x", b'{{"n":2,"long":"{"x" * 40}"}}')
        writer.write("x", b'{{"n":3}}')
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        writer.write("x", b'{{"n":4}}')
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.count("\n") == 2
    lines = log_of(tmp_path).read_bytes().split(b"\n")
    assert lines[0] == b'{"n":1}'
    assert lines[1] == b'{"n":2,"long'
    assert lines[-2:] == [b'{"n":4}', b""]


def test_several_processes_share_a_file_line_by_line(tmp_path: Path) -> None:
    code = f"""if True:
        import sys
        from pathlib import Path
        from tessen._writer import LogWriter
        writer = LogWriter(Path({str(tmp_path / "a" / "logs")!r}), rotate_at=40_000, clock=lambda: {NOON})
        for n in range(200):
            pad = b"x" * (n * 7 % 900)
            writer.write("x", b'{{"who":"%s","n":%d,"pad":"%s"}}' % (sys.argv[1].encode(), n, pad))
    """
    running = [subprocess.Popen([sys.executable, "-c", code, str(who)]) for who in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    files = list(log_of(tmp_path).parent.iterdir())
    events = [json.loads(line) for file in files for line in file.read_bytes().splitlines() if line]
    assert sorted((event["who"], event["n"]) for event in events) == [
        (str(who), n) for who in range(4) for n in sorted(range(200))
    ]
    assert len(files) > 4


def test_threads_and_a_signal_handler_in_the_midst_of_a_write(writer: LogWriter, tmp_path: Path) -> None:
    """A handler interrupts the writing thread while it holds the writer: its line is written all the same."""
    original = writer._append
    interrupted = False

    def append(file: object, line: bytes) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            writer.write("x", b'"from the handler"')
        original(file, line)  # type: ignore[arg-type]

    writer._append = append  # type: ignore[method-assign]
    writer.write("x", b'"outer"')
    threads = [threading.Thread(target=writer.write, args=("x", b'"%d"' % n)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = log_of(tmp_path).read_bytes().splitlines()
    assert lines[:2] == [b'"outer"', b'"from the handler"']
    assert sorted(lines[2:]) == sorted(b'"%d"' % n for n in range(20))


def test_what_is_written_soon_is_there_after_a_flush(writer: LogWriter, tmp_path: Path) -> None:
    writer.expect_collection()
    writer.write_soon("x", b"{}")
    assert writer.flush(60)
    assert log_of(tmp_path).read_bytes() == b"{}\n"


def test_lines_are_forced_to_the_disk_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), real(fd)))
    writer = LogWriter(tmp_path / "logs")
    for _ in range(500):
        writer.write("x", b"{}")
    assert writer.flush(60)
    assert 1 <= len(synced) < 250

    synced.clear()
    quick = LogWriter(tmp_path / "quick", fsync=False)
    quick.write("x", b"{}")
    assert quick.flush(60)
    assert synced == []


def test_a_forked_child_writes_whatever_the_parent_was_doing(writer: LogWriter, tmp_path: Path) -> None:
    writer.write("x", b'"parent"')
    writer._lock.acquire()  # as if another thread of the parent were writing just now
    child = os.fork()
    if child == 0:
        code = 1
        try:
            writer.after_fork()
            writer.write("x", b'"child"')
            code = 0 if writer.flush(60) else 1
        finally:
            os._exit(code)
    writer._lock.release()
    assert os.waitpid(child, 0)[1] == 0
    writer.write("x", b'"parent again"')
    assert log_of(tmp_path).read_bytes().splitlines() == [b'"parent"', b'"child"', b'"parent again"']
