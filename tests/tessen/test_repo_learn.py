"""`tessen repo-learn` and what is shipped of it: figures, and not one word of anybody's."""

from __future__ import annotations

import ast
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tokenize
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tessen import cli
from tessen.learning import files, fingerprint
from tessen.learning.bounded import BoundedCounter
from tessen.learning.history import MOST_BYTES, MOST_FILES, parsed, tokens
from tests.tessen.histories import history
from tests.tessen.ingest import Ingest
from tests.tessen.repositories import git, repository, write

KEYS = [
    "tessen_version", "scanned_at", "repo_path", "commits_analyzed", "history_span_days",
    "commit_message_style", "commit_subject_avg_len", "commit_subject_median_len",
    "conventional_commits_ratio", "test_with_fix_ratio", "test_addition_rate", "revert_count",
    "refactor_commit_ratio", "co_change_pairs", "per_file_primary_author", "author_count",
    "new_deps_recent", "branch_count", "branch_naming_pattern", "merge_style",
]  # fmt: skip


def learn(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert cli.main(["repo-learn", str(folder), "--json", *more]) == 0
    value = json.loads(capsys.readouterr().out)
    assert list(value) == ["fingerprint", "schema_version", "tessen_version", "generated_at"]
    return dict(value["fingerprint"])


def commit(repo: Path, subject: str, files: dict[str, bytes], **more: str) -> None:
    write(repo, files)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "--allow-empty", "-m", subject, **more)


# ── what it finds ──


def test_the_figures_of_a_known_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = learn(history(tmp_path / "team.git", 600), capsys)
    assert list(found) == KEYS
    assert (found["repo_path"], found["commits_analyzed"], found["history_span_days"]) == ("team.git", 600, 4)
    assert found["commit_message_style"] == "conventional_commits"
    assert found["conventional_commits_ratio"] == round(4 / 6, 3)
    assert found["revert_count"] == 100
    assert found["refactor_commit_ratio"] == round(1 / 6, 3)
    assert found["test_with_fix_ratio"] == 0.5, "every other fix comes with a test"
    assert found["test_addition_rate"] == 0.25
    assert found["co_change_pairs"][0] == ["src/pair_a.py", "src/pair_b.py", 1.0]
    owner = found["per_file_primary_author"]["src/pair_a.py"]
    assert owner["commits"] == 120
    assert 0.3 < owner["share"] < 0.6
    assert re.fullmatch(r"author_[0-9a-f]{32}", owner["primary"])
    log = git(tmp_path / "team.git", "log", "--format=%s").decode().split("\n")[:-1]
    lengths = sorted(map(len, log))
    assert found["commit_subject_median_len"] == lengths[300]
    assert found["commit_subject_avg_len"] == round(sum(lengths) / 600, 1)
    assert found["author_count"] == len(set(git(tmp_path / "team.git", "log", "--format=%ae").split()))


def test_the_same_history_gives_the_same_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = history(tmp_path / "team.git", 100)
    first, second = learn(repo, capsys), learn(repo, capsys)
    first.pop("scanned_at"), second.pop("scanned_at")
    assert json.dumps(first) == json.dumps(second)
    assert learn(repo, capsys, "--max-commits", "7")["commits_analyzed"] == 7


def test_branches_merges_and_new_libraries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = {"GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z"}
    repo = repository(tmp_path / "repo", {"a": b"a"})
    git(repo, "commit", "-q", "--amend", "--no-edit", **old)
    project = b'[project]\nname = "x"\ndependencies = ["httpx>=1", "private @ git+ssh://secret@host/x"]\n'
    package = b'{"dependencies": {"@scope/left-pad": "1", "https://secret/x": "2"}}'
    commit(repo, "More", {"pyproject.toml": project, "ui/package.json": package, "go.mod": b"nonsense \xff"})
    git(repo, "switch", "-qc", "feature/one")
    commit(repo, "One", {"one": b"1"})
    git(repo, "switch", "-q", "main")
    git(repo, "merge", "-q", "--no-ff", "-m", "Merge it", "feature/one")
    found = learn(repo, capsys)
    assert found["new_deps_recent"] == ["@scope/left-pad", "httpx", "private"]
    assert (found["branch_count"], found["branch_naming_pattern"]) == (2, "slash_prefix")
    assert found["merge_style"] == "merge_commits_common"
    assert cli.main(["repo-learn", str(repo)]) == 0
    assert "@scope/left-pad, httpx" in capsys.readouterr().out


def test_one_person_of_two_addresses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = repository(tmp_path / "repo", {"a": b"a"})
    commit(repo, "Again", {"a": b"b"}, GIT_AUTHOR_EMAIL="other@example.com")
    assert learn(repo, capsys)["author_count"] == 2
    commit(repo, "Unite", {".mailmap": b"Ada <ada@example.com> <other@example.com>\n"})
    found = learn(repo, capsys)
    assert found["author_count"] == 1
    assert found["per_file_primary_author"]["a"]["share"] == 1.0


# ── what it never tells ──


def secrets_of(repo: Path) -> set[str]:
    """Every name, address, subject and body in a repository, in lower case."""
    fields = git(repo, "log", "--all", "-z", "--format=%an%x00%ae%x00%cn%x00%ce%x00%s%x00%b").decode()
    return {
        part.strip().lower()
        for part in fields.split("\0")
        for part in [part, *part.split("\n")]
        if part.strip()
    }


def test_no_name_address_subject_body_or_line_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = history(tmp_path / "team.git", 600)
    secrets = secrets_of(repo)
    assert len(secrets) > 1200
    for arguments in (["--json"], []):
        assert cli.main(["repo-learn", str(repo), *arguments]) == 0
        told = capsys.readouterr().out.lower()
        assert [each for each in secrets if each in told] == []
        assert "secret" not in told
        assert "hidden" not in told
        assert str(tmp_path) not in told


def test_an_author_cannot_be_found_again_from_a_list_of_addresses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    repo = history(tmp_path / "team.git", 60)
    found = learn(repo, capsys)
    salt = home / ".tessen" / "salt"
    assert (len(salt.read_bytes()), salt.stat().st_mode & 0o777) == (32, 0o600)
    salt.unlink()
    again = learn(repo, capsys)

    def authors(value: dict[str, Any]) -> set[str]:
        return {each["primary"] for each in value["per_file_primary_author"].values()}

    assert not authors(found) & authors(again), "only the salt on this machine makes a name of an address"
    copy = tmp_path / "copy.git"
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(copy))
    assert not authors(again) & authors(learn(copy, capsys)), "nor do two repositories tell of one person"


SHIPS = '''
"""Secretdocstring: settle what secretcustomer owes."""
from __future__ import annotations
import threading
import tessen

if not tessen:
    import anthropic

tessen.init(agent_name="a", flush_interval_sec=0)


def settle(client: anthropic.Anthropic, owed: float = 314159.26):
    """Secretdocstring of a function."""
    # secretcomment on why
    return client.messages.create(
        model="claude-haiku-4-5", system="secretprompt", messages=["secretmessage", owed]
    )


for thread in threading.enumerate():
    if thread.name == "tessen-code":
        thread.join()
tessen.flush(60)
'''


def run_agent(folder: Path, url: str, **variables: str) -> None:
    (folder / "agent.py").write_text(SHIPS)
    own = {"TESSEN_API_KEY": "tk_live_key", "TESSEN_INGEST_URL": url}
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **own, **variables}
    subprocess.run([sys.executable, folder / "agent.py"], cwd=folder, env=environment, check=True)


def source_of(path: Path) -> set[str]:
    """Every comment, literal and line of a program but what its map is to tell: names, and the model's."""
    tokens = list(tokenize.generate_tokens(io.StringIO(path.read_text()).readline))
    told = {"claude-haiku-4-5"}
    literals = {ast.literal_eval(t.string) for t in tokens if t.type in (tokenize.STRING, tokenize.NUMBER)}
    words = {str(each).strip() for each in literals} | {
        t.string for t in tokens if t.type == tokenize.COMMENT
    }
    words |= {line.strip() for line in path.read_text().split("\n")}
    return {each.lower() for each in words - told if len(each) > 2}


def test_every_byte_that_is_shipped_by_itself(tmp_path: Path) -> None:
    bare, work = history(tmp_path / "team.git", 200), tmp_path / "work"
    git(tmp_path, "clone", "-q", str(bare), "work")
    on = {"TESSEN_DISABLE_GIT_LEARN": "", "TESSEN_DISABLE_CRAWL": ""}
    with Ingest() as server:
        run_agent(work, server.url, TESSEN_DISABLE_GIT_LEARN="1", TESSEN_DISABLE_CRAWL="1")
        assert server.requests == [], "it is turned off"
        run_agent(work, server.url, **on)
        fingerprint, manifest = sorted(server.requests, key=lambda each: each.json["type"])
        assert (fingerprint.json["type"], manifest.json["type"]) == ("git_fingerprint", "manifest")
        assert list(fingerprint.json["fingerprint"]) == KEYS
        (site,) = manifest.json["manifest"]["call_sites"]
        assert (site["file"], site["func"], site["model_kwarg"]) == ("agent.py", "settle", "claude-haiku-4-5")
        sent = bytes(server.raw) + b"".join(gzip.decompress(each.body) for each in server.requests)
        diffs = set(git(bare, "log", "-p", "--format=").decode().lower().split("\n"))
        secrets = secrets_of(bare) | source_of(work / "agent.py") | {d[1:] for d in diffs if "secret" in d}
        assert len(secrets) > 600, "names, addresses, messages, differences, and source"
        assert [each for each in secrets if each.encode() in sent.lower()] == []
        for word in ("secret", "hidden", str(tmp_path), str(Path.home())):
            assert word.encode() not in sent.lower(), word
        run_agent(work, server.url, **on)
        assert len(server.requests) == 2, "once a day, of a repository"


# ── repositories that are not as one expects ──


def test_places_without_a_history_are_an_error_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "-q", "empty")
    (tmp_path / "plain").mkdir()
    for name, words in (
        ("empty", "no commit yet"),
        ("plain", "not a git repository"),
        ("no", "not a folder"),
    ):
        assert cli.main(["repo-learn", str(tmp_path / name)]) == 1
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1


def test_shallow_detached_and_linked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = history(tmp_path / "team.git", 30)
    git(tmp_path, "clone", "-q", "--depth=5", f"file://{bare}", "shallow")
    assert learn(tmp_path / "shallow", capsys)["commits_analyzed"] == 5
    git(tmp_path, "clone", "-q", str(bare), "work")
    git(tmp_path / "work", "checkout", "-q", "--detach", "HEAD~9")
    assert learn(tmp_path / "work" / "src", capsys)["commits_analyzed"] == 21
    git(tmp_path / "work", "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    assert learn(tmp_path / "linked", capsys)["commits_analyzed"] == 30


def test_a_hostile_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = repository(tmp_path / "repo", {"a": b"a"})
    other = repository(tmp_path / "other", {"o": b"o"})
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "module")
    git(repo, "commit", "-q", "-m", "Module")
    parents = []
    for name in ("x", "y", "z"):
        git(repo, "switch", "-qc", name, "main")
        commit(repo, name, {name: b"1", f"\x1b]0;{name}\x07\n": b"1"})
        parents.append(name)
    git(repo, "switch", "-q", "main")
    git(repo, "merge", "-q", "-m", "Octopus", "x")
    tree = git(repo, "write-tree").decode().strip()
    many = [flag for name in ("HEAD", *parents) for flag in ("-p", name)]
    octopus = git(repo, "commit-tree", tree, *many, stdin=b"\x01" * 50 + b"fix \xff\xfe" + b"h" * 3_000_000)
    git(repo, "reset", "-q", "--hard", octopus.decode().strip())
    git(repo, "commit", "-q", "--allow-empty", "-m", "é" * 40_000, "--author", "\x1b[31m <>")
    git(
        repo,
        "-c",
        "i18n.commitEncoding=ISO-8859-1",
        "commit",
        "-q",
        "--allow-empty",
        "-F",
        "-",
        stdin=b"caf\xe9",
    )
    found = learn(repo, capsys)
    assert found["commits_analyzed"] == int(git(repo, "rev-list", "--count", "HEAD"))
    assert found["author_count"] == 2
    assert cli.main(["repo-learn", str(repo)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_broken_history_is_an_error_and_not_half_a_fingerprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = repository(tmp_path / "repo", {"a": b"a"})
    commit(repo, "Two", {"a": b"b"})
    first = git(repo, "rev-parse", "HEAD~").decode().strip()
    (repo / ".git" / "objects" / first[:2] / first[2:]).unlink()
    assert cli.main(["repo-learn", str(repo)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


# ── in bounded memory ──


def test_a_field_of_any_length_is_cut(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"x" * 3_000_000 + b"\0short\0" + b"y" * 5_000)
    with (tmp_path / "out").open("rb") as out:
        assert [len(each) for each in tokens(out)] == [MOST_BYTES, 5]


def test_what_looks_like_a_commit_in_a_subject_or_path_is_none() -> None:
    oid = b"a" * 40
    fields = [oid, b"e", b"1", b"", oid, b"\nM", oid, b"A", b"M", oid, b"", b"-5", oid + b" " + oid, b""]
    first, second = parsed(fields)
    assert (first.subject, first.files) == ("a" * 40, [(b"M", "a" * 40), (b"A", "M")])
    assert (second.at, second.parents, second.files) == (0, 2, [])


def strangers(commits: int, files: int = 3) -> Iterator[bytes]:
    """What git prints of commits that have nothing in common: other people, other files."""
    for n in range(commits):
        yield from (b"%040x" % (n + 1), b"person%d@example.com" % n, b"1700000000", b"", b"Change %d" % n)
        for name in range(files):
            yield from (b"\nA" if not name else b"A", b"package%d/module%d.py" % (n, name))


def peak_of(commits: int) -> int:
    """Bytes that learning from so many commits takes at most."""
    tracemalloc.start()
    counts = fingerprint.Counts()
    for each in parsed(strangers(commits)):
        counts.add(each)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts.commits == commits
    return peak


def test_a_history_ten_times_as_long_takes_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_ROOM", 400)
    monkeypatch.setattr(fingerprint, "MOST_AUTHORS", 100)
    peak_of(50)  # what is made once
    short, long = peak_of(300), peak_of(3_000)
    assert long < 1.2 * short, (short, long)


def test_of_a_commit_of_very_many_files_so_many_count() -> None:
    (commit,) = parsed(strangers(1, MOST_FILES + 5))
    assert len(commit.files) == MOST_FILES


MEASURED = """
import re, sys
from pathlib import Path
from tessen import cli
assert cli.main(["repo-learn", sys.argv[1], "--json"]) == 0
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1], file=sys.stderr)
"""
"""Says the KiB that it took at most; `getrusage` would count those of who started it, too."""


@pytest.mark.soak
def test_a_hundred_thousand_commits(tmp_path: Path) -> None:
    repo = history(tmp_path / "team.git", 100_000, files=200)
    done = subprocess.run([sys.executable, "-c", MEASURED, str(repo)], capture_output=True, check=True)
    assert json.loads(done.stdout)["fingerprint"]["commits_analyzed"] == 100_000
    assert int(done.stderr) < 100 << 10


def test_counting_keeps_to_its_room_and_what_is_frequent() -> None:
    counter: BoundedCounter[int] = BoundedCounter(100)
    for number in range(20_000):
        counter.add(number)
        if number % 10 == 0:
            counter.add(-1)
        assert len(counter.counts) <= 100
    assert 2_000 - counter.forgotten <= counter.counts[-1] <= 2_000
    assert counter.counts.most_common(1)[0][0] == -1
