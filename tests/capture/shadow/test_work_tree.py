"""When events are believed, when they are not, and that a look is right either way."""

from __future__ import annotations

import errno
import mmap
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.shadow import files
from capture.shadow.events import Events
from capture.shadow.objects import object_id
from capture.shadow.tree import Folder
from capture.shadow.watching import Watching
from capture.shadow.work_tree import WorkTree


def changed(tree: WorkTree, *, thorough: bool = False) -> tuple[list[str], bool]:
    """The paths that changed since the last time, and whether everything was looked at."""
    everything = tree.look(thorough=thorough)
    paths = sorted(tree.changes)
    tree.settle()
    return paths, everything


def tree_of(work: Path, *, watch: bool = True) -> WorkTree:
    """A tree that has seen the folder as it is."""
    tree = WorkTree(str(work), frozenset(), object_id, body_limit=1 << 20, watch=watch)
    changed(tree)
    return tree


@pytest.fixture(autouse=True)
def nobodys_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is looked at that no event names, so that events have to be right."""
    monkeypatch.setattr("capture.shadow.work_tree.IN_TURN", 0)


@pytest.fixture
def tree(work: Path) -> Iterator[WorkTree]:
    """The work directory, once looked at, with events."""
    tree = tree_of(work)
    yield tree
    tree.close()


def test_only_what_was_touched_is_read(tree: WorkTree, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        "capture.shadow.work_tree.read_file", lambda path: read.append(path) or files.read_file(path)
    )
    monkeypatch.setattr(files, "RACY_NS", -(10**18))
    changed(tree, thorough=True)
    read.clear()
    (work / "README.md").write_text("x\n")
    assert changed(tree) == (["README.md"], False)
    assert read == [f"{work}/README.md"]
    assert changed(tree) == ([], False)
    assert len(read) == 1


@pytest.mark.parametrize("watch", [True, False])
def test_a_change_that_leaves_size_and_time_alone_is_seen(work: Path, watch: bool) -> None:
    tree = tree_of(work, watch=watch)
    status = (work / "README.md").stat()
    (work / "README.md").write_text("# Motes\n")
    os.utime(work / "README.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert changed(tree) == (["README.md"], not watch)
    tree.close()


def test_a_file_written_just_now_is_read_again_without_events(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one tick of the clock a second write leaves no trace in any time stamp."""
    monkeypatch.setattr(files, "RACY_NS", 10**18)
    tree = tree_of(work, watch=False)
    read: list[str] = []
    monkeypatch.setattr(
        "capture.shadow.work_tree.read_file", lambda path: read.append(path) or files.read_file(path)
    )
    assert changed(tree) == ([], True)
    assert f"{work}/README.md" in read
    monkeypatch.setattr(files, "RACY_NS", -(10**18))
    changed(tree)
    read.clear()
    assert changed(tree) == ([], True)
    assert read == []


def test_a_file_that_never_holds_still_is_taken_as_it_is_and_read_again(
    tree: WorkTree, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = files._whole

    def disturbed(fd: int, size: int) -> bytes:
        with (work / "log.txt").open("a") as log:
            log.write("more\n")
        return whole(fd, size)

    monkeypatch.setattr(files, "_whole", disturbed)
    (work / "log.txt").write_text("first\n")
    assert changed(tree) == (["log.txt"], False)
    monkeypatch.undo()
    tree._watching.told(tree.root)  # only that it was torn leads there again
    assert changed(tree) == (["log.txt"], False)
    assert (work / "log.txt").read_text() == "first\nmore\nmore\nmore\n"


def test_hard_links_are_always_looked_at(work: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").hardlink_to(work / "README.md")
    tree = tree_of(work)
    for text in ("one\n", "two\n"):
        (tmp_path / "elsewhere").write_text(text)
        assert changed(tree) == (["README.md"], False)
    tree.close()


def test_events_that_missed_a_change_are_believed_no_longer(
    tree: WorkTree, work: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").hardlink_to(work / "README.md")
    (tmp_path / "elsewhere").write_text("written where nobody watches\n")
    assert changed(tree) == ([], False)
    assert changed(tree, thorough=True) == (["README.md"], True)
    (tmp_path / "elsewhere").write_text("again, and longer\n")
    assert changed(tree) == (["README.md"], True)


def test_every_file_has_its_turn_though_no_event_names_it(
    tree: WorkTree, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capture.shadow.work_tree.IN_TURN", 3)
    for name in ("README.md", "src/main.py"):
        (tmp_path / name.replace("/", "-")).hardlink_to(work / name)
    (tmp_path / "src-main.py").write_text("written where nobody watches\n")
    found = [changed(tree) for _ in range(len(list(tree.root.folders())))]
    assert [paths for paths, _ in found if paths] == [["src/main.py"]]
    assert changed(tree) == ([], True)


def test_a_thorough_look_does_not_shake_the_belief_in_events(tree: WorkTree, work: Path) -> None:
    (work / "README.md").write_text("x\n")
    assert changed(tree, thorough=True) == (["README.md"], True)
    (work / "README.md").write_text("y\n")
    assert changed(tree) == (["README.md"], False)


def test_a_mapped_file_is_seen_when_it_is_let_go(tree: WorkTree, work: Path) -> None:
    with (work / "logo.bin").open("r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        view[0:4] = b"mine"
    assert changed(tree) == (["logo.bin"], False)


def test_too_many_events_are_a_look_at_everything(
    tree: WorkTree, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Events, "drain", lambda _: None)
    (work / "README.md").write_text("x\n")
    assert changed(tree) == (["README.md"], True)
    monkeypatch.undo()
    assert changed(tree) == ([], False)
    (work / "src" / "main.py").write_text("x\n")
    assert changed(tree) == (["src/main.py"], False)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EMFILE])
def test_out_of_watches_every_file_is_looked_at(
    work: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(_: Events, path: str) -> int:
        raise OSError(code, path)

    monkeypatch.setattr(Events, "add", refuse)
    tree = tree_of(work)
    (work / "src" / "main.py").write_text("x\n")
    assert changed(tree) == (["src/main.py"], True)


def test_a_folder_put_in_the_place_of_one_that_left_is_watched(
    tree: WorkTree, work: Path, tmp_path: Path
) -> None:
    (work / "src").rename(tmp_path / "elsewhere")
    (work / "src").mkdir()
    changed(tree)
    (tmp_path / "elsewhere" / "main.py").write_text("no concern of ours\n")
    (work / "src" / "new.py").write_text("x\n")
    assert changed(tree) == (["src/new.py"], False)


@pytest.mark.parametrize("name", ["before", "xafter"])
def test_a_folder_put_in_the_place_of_another_is_watched(tree: WorkTree, work: Path, name: str) -> None:
    (work / "src").rename(work / name)
    (work / "src").mkdir()
    changed(tree)
    (work / "src" / "new.py").write_text("x\n")
    assert changed(tree) == (["src/new.py"], False)
    (work / name / "main.py").write_text("x\n")
    assert changed(tree) == ([f"{name}/main.py"], False)


def test_only_the_mode_changed(tree: WorkTree, work: Path) -> None:
    (work / "src" / "main.py").chmod(0o755)
    assert changed(tree) == (["src/main.py"], False)


def test_events_that_come_late_are_kept_for_the_next_time(work: Path) -> None:
    watching, root = Watching(wanted=True), Folder("", None)
    watching.begin()
    watching.watch(root, str(work))
    (work / "README.md").write_text("x\n")
    watching.doubt({"README.md"})
    assert watching.told(root) == {root: {"README.md"}}
    watching.doubt({"logo.bin"})
    assert watching.told(root) is None
    watching.stop()


def test_what_happens_during_a_look_is_seen_by_the_next(tree: WorkTree, work: Path) -> None:
    stop = threading.Event()

    def churn() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            folder = work / f"d{number % 7}"
            folder.mkdir(exist_ok=True)
            (folder / f"f{number % 5}").write_text(str(number))
            if number % 3 == 0:
                (folder / f"f{number % 5}").unlink()
            if number % 11 == 0:
                folder.rename(work / f"m{number}")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for number in range(40):
            changed(tree, thorough=number % 10 == 9)
    finally:
        stop.set()
        thread.join()
    changed(tree)
    told = {path: file.oid for path, file in tree.root.files()}
    found = {path: file.oid for path, file in tree_of(work, watch=False).root.files()}
    assert told == found


def test_a_link_or_pipe_that_took_a_files_place_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=r"regular|symbolic"):
            files.read_file(str(tmp_path / name))
