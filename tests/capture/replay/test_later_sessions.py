"""Sessions that follow a replayed one, in the replay's own folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from capture.config import parse_config
from capture.proxy.dumps import read_request
from capture.replay.later_sessions import later_sessions
from capture.runs.progress import Remark
from tests.replays import about_of, replayed, resampled
from tests.runs import Ran, run, sessions

SCRIPT = """
rules:
  - match: {text: Never mind, turn: 3}
    answer: {tool_calls: [{name: Bash, arguments: {command: "echo changed >> notes"}}]}
  - match: {text: write, tool_result: false}
    answer:
      tool_calls:
        - {name: Bash, arguments: {command: "cat notes; echo '{{last_user}}' >> notes; pwd > where"}}
otherwise: {text: "done with {{last_user}}"}
"""
FOUR = sessions("write one", "write two", "write three", "write four")
FOUR[2] |= {"count": 2, "fork_from": 2}
FOUR[3] |= {"fork_from": 1}


def seen(ran: Ran, index: int, replicate: int | None = None) -> str:
    """What the notes held when the session looked at them."""
    own = [step for step in ran.steps(index, replicate) if not step.get("is_copied_context")]
    content: str = own[1]["observation"]["results"][0]["content"]
    return content


async def test_later_sessions_go_on_from_the_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = await run(tmp_path, SCRIPT, FOUR, session_mode="chained")
    ran = await gone_on(original, "mount")
    more = await resampled(ran.folder, 3)
    assert seen(more, 3, 3) == seen(ran, 3, 1)
    monkeypatch.setattr("capture.engines.isolation._unshare", lambda: None)
    ran = await gone_on(original, "rewrite")
    (again,) = await replayed(ran.folder, 2, session=3, replicate=2)
    assert about_of(again)["context_check"]["result"] == "equal", about_of(again)


async def gone_on(original: Ran, isolation: str) -> Ran:
    """A replay of session 2, and what depends on it, which must have begun with what the replay left."""
    (ran,) = await replayed(original.folder, 2, session=2, prompt="Never mind.", go_on=True)
    assert about_of(ran)["context_check"]["result"] == "equal"
    assert [each.name for each in ran.meta.sessions] == ["2", "3 r01", "3 r02"]
    assert (ran.meta.status, ran.meta.replay_turn) == ("finished", 2)
    assert "session 4 is left out: it does not depend on what is replayed" in [
        each.text for each in ran.progress if isinstance(each, Remark)
    ]
    for number in (1, 2):
        meta = ran.session_meta(3, number)
        assert (meta.fork_from, meta.resumed_from) == (2, ran.session_meta(2).session_id)
        assert seen(ran, 3, number) == "write one\nwrite two\nchanged\n"
        assert b"Never mind." in read_request(ran.session(3, number).path, 1)
        assert meta.path_isolation == isolation
        moved = meta.seen_work_dir is not None and f"+{meta.seen_work_dir}\n" in patch_of(ran, number)
        assert moved is (isolation == "rewrite")
    return ran


def patch_of(ran: Ran, number: int) -> str:
    return ran.session(3, number).diff.read_text()


@pytest.mark.parametrize(
    ("mode", "index", "following", "others"),
    [
        ("isolated", 1, [2, 3, 4], []),  # by the files
        ("isolated", 2, [], [3, 4]),  # replicates leave none behind
        ("chained", 2, [3], [4]),
        ("forked", 1, [2, 3, 4], []),
        ("forked", 2, [], [3, 4]),
        ("chained", 4, [], []),
    ],
)
def test_which_sessions_depend_on_one(mode: str, index: int, following: list[int], others: list[int]) -> None:
    listed = sessions("one", "two", "three", "four")
    listed[1]["count"] = 2
    listed[3]["fork_from"] = 1
    given = {"engine": "builtin", "model": "m", "work_dir": ".", "session_mode": mode, "sessions": listed}
    assert later_sessions(parse_config(yaml.safe_dump(given)), index) == (following, others)
