"""`tessen apply` on real repositories, hostile ones among them, and ended at every point."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tessen import cli
from tessen._git import find, head, private
from tessen.applying.branch import identities, make_branch, make_commit
from tessen.applying.expected import hash_of
from tessen.applying.plan import plan
from tessen.applying.spec import load
from tessen.applying.swap import SwitchError
from tessen.applying.switch import Switch
from tests.tessen.repositories import contents, git, repository, write

FILES = {
    "agent.py": b"import x\n\n\n@dec\ndef run(n):\n    return n\n\n\nrun(1)\n",
    "crlf.txt": b"one\r\ntwo\r\nthree",
    "src/deep.py": b"a\nb\nc\nd\n",
}
CHANGES: list[dict[str, Any]] = [
    {"file": "agent.py", "action": "replace_lines", "line": 6, "new_content": "    return n + 1"},
    {"file": "agent.py", "action": "append_to_file", "new_content": "run(2)\n"},
    {"file": "crlf.txt", "action": "insert_after_line", "line": 3, "new_content": "four\nfive\n"},
    {"file": "src/deep.py", "action": "delete_lines", "line": 2, "line_end": 3},
    {"file": "new/file.txt", "action": "create_file", "new_content": "new\n"},
]
AFTER = {
    "agent.py": b"import x\n\n\n@dec\ndef run(n):\n    return n + 1\n\n\nrun(1)\nrun(2)\n",
    "crlf.txt": b"one\r\ntwo\r\nthree\r\nfour\r\nfive",
    "src/deep.py": b"a\nd\n",
    "new/file.txt": b"new\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def spec(repo: Path, *changes: dict[str, Any], **more: Any) -> Path:
    """Write a specification beside the repository."""
    value = {
        "spec_version": 1,
        "spec_id": "spec-1",
        "triggered_by": {"quality_signals": ["refusal"]},
        "branch_name": "tessen/fix",
        "commit_message": "Fix the loop\n\nIt never ended.",
        "changes": list(changes) or CHANGES,
        **more,
    }
    path = repo.parent / "spec.json"
    path.write_text(json.dumps(value))
    return path


def apply(repo: Path, *arguments: str | Path) -> int:
    return cli.main(["apply", *map(str, arguments), "--repo-root", str(repo)])


def on_branch(repo: Path, path: str, branch: str = "tessen/fix") -> bytes:
    return git(repo, "cat-file", "blob", f"{branch}:{path}")


# ── what it does ──


def test_a_clean_work_tree_comes_to_the_new_branch(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apply(repo, spec(repo, tests_to_run=["touch ran"])) == 0
    told = capsys.readouterr().out
    for path, body in AFTER.items():
        assert (repo / path).read_bytes() == on_branch(repo, path) == body
    assert git(repo, "status", "--porcelain", "--branch") == b"## tessen/fix\n"
    assert git(repo, "log", "-1", "--format=%an %ae|%B") == (
        b"Ada Lovelace ada@example.com|Fix the loop\n\nIt never ended.\n\n"
    )
    assert git(repo, "diff-tree", "-r", "--name-only", "main", "tessen/fix").split() == [
        name.encode() for name in sorted(AFTER)
    ]
    assert "-    return n\n+    return n + 1\n" in told
    assert "test, not run: touch ran" in told
    assert "git push -u origin tessen/fix" in told
    assert not (repo / "ran").exists()
    git(repo, "fsck", "--strict")


def test_a_dry_run_changes_not_one_byte(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {str(each): each.stat().st_mtime_ns for each in repo.rglob("*")}
    assert apply(repo, spec(repo), "--dry-run") == 0
    assert {str(each): each.stat().st_mtime_ns for each in repo.rglob("*")} == before
    assert "+four" in capsys.readouterr().out


def test_other_changes_stay_uncommitted_and_untouched(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repo, {"other.txt": b"mine\n", "staged.txt": b"staged\n"})
    git(repo, "add", "staged.txt")
    before = contents(repo)
    assert apply(repo, spec(repo)) == 0
    assert contents(repo) == before
    assert "the work tree is as it was, because it has changes" in capsys.readouterr().out
    names = git(repo, "ls-tree", "-r", "--name-only", "tessen/fix").split()
    assert names == [name.encode() for name in sorted(AFTER)]


def test_a_detached_head_and_a_linked_work_tree(repo: Path) -> None:
    git(repo, "checkout", "-q", "--detach")
    linked = repo.parent / "linked"
    git(repo, "worktree", "add", "-q", "-b", "side", str(linked))
    assert apply(linked, spec(repo)) == 0
    assert (linked / "agent.py").read_bytes() == AFTER["agent.py"]
    assert git(linked, "status", "--porcelain", "--branch") == b"## tessen/fix\n"
    assert apply(repo, spec(repo, branch_name="second")) == 0
    assert git(repo, "status", "--porcelain", "--branch") == b"## second\n"


def test_files_that_git_gave_other_line_endings(repo: Path) -> None:
    git(repo, "config", "core.autocrlf", "true")
    git(repo, "rm", "-rq", "--cached", ".")
    git(repo, "reset", "-q", "--hard")
    assert (repo / "src/deep.py").read_bytes() == b"a\r\nb\r\nc\r\nd\r\n"
    change = {"file": "src/deep.py", "action": "insert_before_line", "line": 2, "new_content": "new"}
    assert apply(repo, spec(repo, change)) == 0
    assert on_branch(repo, "src/deep.py") == b"a\nnew\nb\nc\nd\n"
    assert (repo / "src/deep.py").read_bytes() == b"a\r\nnew\r\nb\r\nc\r\nd\r\n"
    assert git(repo, "status", "--porcelain") == b""


def test_the_tests_run_only_when_asked_to(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = spec(repo, tests_to_run=["touch 'a b' ; x", "false"])
    assert apply(repo, path, "--run-tests") == 1
    assert (repo / "a b").exists()
    assert (repo / ";").exists(), "no shell took part"
    assert "1 of 2 tests failed; the branch stays" in capsys.readouterr().err


def test_a_message_out_of_the_teams_style_is_remarked_upon(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        git(repo, "commit", "-q", "--allow-empty", "-m", f"feat(x): number {number}")
    assert apply(repo, spec(repo), "--dry-run") == 0
    assert (
        "80 % of the latest commits follow Conventional Commits; this message does not"
        in capsys.readouterr().out
    )
    assert apply(repo, spec(repo, commit_message="fix: the loop"), "--dry-run") == 0
    assert "Conventional" not in capsys.readouterr().out


# ── what it expects ──


@pytest.mark.parametrize(
    "expected",
    [
        hash_of(["def run(n):", "    return n"]),
        "sha256:" + hash_of(["@dec", "def run(n):", "    return n"]),
        hash_of(["    return n"]).upper(),
        hash_of(FILES["agent.py"].decode().splitlines()),
    ],
    ids=["function", "with decorator", "lines", "file"],
)
def test_an_expected_hash_that_holds(repo: Path, expected: str) -> None:
    assert apply(repo, spec(repo, {**CHANGES[0], "expect_hash": expected})) == 0


def test_an_expected_hash_that_does_not_hold(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = {**CHANGES[0], "expect_hash": hash_of(["def run(m):", "    return m"])}
    before = contents(repo)
    assert apply(repo, spec(repo, *CHANGES[1:], stale)) == 1
    assert "changes[4].expect_hash: agent.py has changed since" in capsys.readouterr().err
    assert contents(repo) == before
    assert b"tessen" not in git(repo, "for-each-ref")


# ── what it refuses ──


def change(file: str, **more: Any) -> dict[str, Any]:
    return {"file": file, "action": "create_file", "new_content": "x\n", **more}


ELSEWHERE = (
    "/etc/passwd", "../out", "a/../../out", "C:/x", "a\\b", "./agent.py", "a//b", "a/", ".git/config",
    ".GIT/hooks/post-commit", "sub/.Git/x", "git~1/config", "GIT~2", ".git /x", ".git./x", ".g\u200cit/x",
    ".git::$INDEX_ALLOCATION/x", ".git", "x/.gitmodules", "a\nb", "gi7eba~1/x", ".g\u2060it/config",
    "\ufeff.GIT/x", ".git\u00ad/x", ".Gi\u202et/x", "GITMOD~1", "x/.gitmodules .", "sub/.git",
)  # fmt: skip
"""Paths that lead out of the work tree, or into what some file system takes for `.git`."""


def test_a_name_that_leads_elsewhere(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(repo)
    assert apply(repo, spec(repo, *map(change, ELSEWHERE))) == 1
    said = capsys.readouterr().err.split("\n")[:-1]
    assert len(said) == len(ELSEWHERE)
    for number, line in enumerate(said):
        assert f"spec.json: changes[{number}].file: " in line, ELSEWHERE[number]
    assert apply(repo, spec(repo, change("\ud800/x"))) == 1
    assert contents(repo) == before


def test_nothing_goes_through_a_link_or_into_another_repository(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = repo.parent / "outside"
    outside.mkdir()
    (repo / "away").symlink_to(outside)
    (repo / "link.py").symlink_to("agent.py")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Links")
    repository(repo / "nested", {"n.txt": b"n\n"})
    other = repository(repo.parent / "other", {"o.txt": b"o\n"})
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "module")
    changes = [change("away/x"), change("nested/x"), change("module/x"), change("module")]
    edit = {"file": "link.py", "action": "delete_lines", "line": 1}
    assert apply(repo, spec(repo, *changes, edit)) == 1
    said = capsys.readouterr().err
    for number, words in enumerate(["link", "repository", "repository", "repository", "link"]):
        (line,) = [each for each in said.split("\n") if f"changes[{number}]" in each]
        assert words in line
    assert list(outside.iterdir()) == []


def test_every_error_is_told_at_once(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = spec(
        repo,
        {"file": "agent.py", "action": "explode"},
        {"file": "agent.py", "action": "replace_lines", "line": 0, "new_content": "x"},
        {"file": "agent.py", "action": "delete_lines", "line": 3, "line_end": 2, "expected_hash": "x"},
        "change",
        spec_version=2,
        branch_name="-x",
        tests_to_run="pytest",
        commit_message=" ",
    )
    assert apply(repo, path) == 1
    said = capsys.readouterr().err
    for field in (
        "spec_version", "branch_name", "commit_message", "tests_to_run", "changes[0].action",
        "changes[1].line", "changes[2].line_end", "changes[2].expected_hash", "changes[3]",
    ):  # fmt: skip
        assert f"spec.json: {field}: " in said, field


OVERLAPPING: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"action": "replace_lines", "line": 1, "line_end": 2}, {"action": "delete_lines", "line": 2}),
    ({"action": "replace_lines", "line": 1, "line_end": 3}, {"action": "insert_after_line", "line": 2}),
    ({"action": "insert_after_line", "line": 2}, {"action": "insert_before_line", "line": 3}),
    ({"action": "append_to_file"}, {"action": "append_to_file"}),
    ({"action": "append_to_file"}, {"action": "create_file"}),
    ({"action": "insert_after_line", "line": 5}, {"action": "delete_lines", "line": 1}),
)


def test_changes_that_overlap_or_miss(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def whole(each: dict[str, Any]) -> dict[str, Any]:
        content = {} if each["action"] == "delete_lines" else {"new_content": "x"}
        return {"file": "src/deep.py", **content, **each}

    before = contents(repo)
    for first, second in OVERLAPPING:
        assert apply(repo, spec(repo, whole(first), whole(second))) == 1, (first, second)
        assert capsys.readouterr().err.count("\n") == 1
        assert contents(repo) == before


def test_changed_untracked_binary_and_clashing_files(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repo, {"wide.txt": "wide\n".encode("utf-16"), "latin.txt": "é\n".encode("latin-1")})
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "More")
    write(repo, {"agent.py": b"mine\n", "untracked.txt": b"u\n"})
    edits = [
        {"file": name, "action": "append_to_file", "new_content": "ü"}
        for name in ("agent.py", "untracked.txt", "wide.txt", "latin.txt", "missing.txt")
    ]
    clashing = [change("src/deep.py"), change("Up"), change("up"), change("agent.py/x"), change("SRC/New")]
    assert apply(repo, spec(repo, *edits, *clashing)) == 1
    said = capsys.readouterr().err
    for words in (
        "agent.py differs from the last commit", "untracked.txt is no file of the last commit",
        "wide.txt is no text", "latin.txt is not UTF-8", "missing.txt is no file of", "src/deep.py exists",
        "one file where case does not count", "a file and a folder", "SRC is src where case does not count",
    ):  # fmt: skip
        assert words in said


def test_a_branch_that_exists_and_places_without_commits(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repo, "branch", "tessen/fix")
    assert apply(repo, spec(repo)) == 1
    assert "exists already" in capsys.readouterr().err
    empty = repo.parent / "empty"
    git(repo, "init", "-q", str(empty))
    assert apply(empty, spec(repo)) == 1
    assert "no commit yet" in capsys.readouterr().err
    git(repo, "clone", "-q", "--bare", str(repo), str(repo.parent / "bare"))
    assert apply(repo.parent / "bare", spec(repo)) == 1
    assert "without a work tree" in capsys.readouterr().err
    nowhere = repo.parent / "nowhere"
    nowhere.mkdir()
    assert apply(nowhere, spec(repo)) == 1
    assert "not a git repository" in capsys.readouterr().err


def test_hostile_text_never_reaches_the_terminal(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;owned\x07\u202egnp"
    added = {"file": "agent.py", "action": "append_to_file", "new_content": evil, "rationale": evil}
    assert apply(repo, spec(repo, added, spec_id=evil, tests_to_run=[evil], pr_title=evil)) == 0
    assert apply(repo, spec(repo, change(f"{evil}/x"), **{evil: 1})) == 1
    told = "".join(capsys.readouterr())
    assert "\x1b" not in told
    assert "\u202e" not in told


# ── a repository that wants to run something ──

HOOKS = (
    "pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "post-checkout", "reference-transaction",
    "post-index-change", "pre-push", "fsmonitor-watchman", "post-rewrite", "update", "pre-auto-gc",
)  # fmt: skip
SETTINGS = (
    "core.fsmonitor", "core.sshCommand", "core.editor", "core.pager", "core.askPass", "core.gitProxy",
    "core.alternateRefsCommand", "diff.external", "diff.evil.command", "diff.evil.textconv",
    "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "gpg.program", "gpg.ssh.program",
    "credential.helper", "sequence.editor", "merge.evil.driver", "uploadpack.packObjectsHook",
    "pager.log", "pager.diff", "interactive.diffFilter", "gpg.ssh.defaultKeyCommand", "log.showSignature",
)  # fmt: skip


def poison(repo: Path, marker: Path) -> None:
    """Have every setting and hook that names a program leave a mark."""
    script = repo.parent / "evil.sh"
    script.write_text(f'#!/bin/sh\necho "$0 $@" >> {marker}\nexit 1\n')
    script.chmod(0o755)
    hooks = repo / ".git" / "evil-hooks"
    hooks.mkdir()
    for hook in HOOKS:
        (hooks / hook).symlink_to(script)
    for name in SETTINGS:
        git(repo, "config", name, "true" if name == "log.showSignature" else str(script))
    for command in ("log", "status", "commit-tree", "update-ref", "diff"):
        git(repo, "config", f"alias.{command}", f"!{script}")
    git(repo, "config", "commit.gpgSign", "true")
    git(repo, "config", "core.hooksPath", str(hooks))
    (repo / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")


@pytest.mark.parametrize("dirty", [False, True])
def test_a_crafted_repository_runs_nothing(repo: Path, dirty: bool) -> None:
    write(repo, {".gitattributes": b"* filter=evil diff=evil merge=evil\n"})
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Attributes")
    marker = repo.parent / "marker"
    poison(repo, marker)
    if dirty:
        write(repo, {"other.txt": b"x\n"})
    os.utime(repo / "agent.py")
    assert apply(repo, spec(repo), "--dry-run") == 0
    assert apply(repo, spec(repo), "--open-pr") == 1
    assert on_branch(repo, "agent.py") == AFTER["agent.py"]
    assert cli.main(["repo-learn", str(repo)]) == 0
    assert not marker.exists(), marker.read_text()
    subprocess.run(["git", "status"], cwd=repo, capture_output=True, check=False)
    assert marker.exists(), "the trap works"


def test_a_work_tree_that_claims_to_be_elsewhere(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    victim = repo.parent / "victim"
    write(victim, FILES)
    git(repo, "config", "core.worktree", str(victim))
    assert apply(repo, spec(repo)) == 1
    assert "core.worktree" in capsys.readouterr().err
    assert {name: (victim / name).read_bytes() for name in FILES} == FILES


# ── pull requests ──


def put_on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


class GitServer(socketserver.ThreadingTCPServer):
    """Serves the repositories in a folder, and takes pushes."""

    daemon_threads = True

    def __init__(self, base: Path) -> None:
        super().__init__(("127.0.0.1", 0), _ServeGit)
        served = ["--inetd", "--log-destination=none", "--enable=receive-pack", "--export-all"]
        self.command = ["git", "daemon", *served, f"--base-path={base}", str(base)]
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _ServeGit(socketserver.BaseRequestHandler):
    server: GitServer

    def handle(self) -> None:
        subprocess.run(self.server.command, stdin=self.request, stdout=self.request, check=False)


@pytest.fixture
def hosted(repo: Path) -> Any:
    """A server that takes pushes, on loopback."""
    base = repo.parent / "hosted"
    git(repo, "clone", "-q", "--bare", str(repo), str(base / "team" / "agent.git"))
    with GitServer(base) as server:
        git(repo, "remote", "add", "origin", f"git://127.0.0.1:{server.server_address[1]}/team/agent.git")
        yield base / "team" / "agent.git"
        server.shutdown()


GH = """#!/bin/sh
for each in "$@"; do printf '%s\\0' "$each" >> {out}; done
cat > {out}.stdin
pwd > {out}.pwd
echo https://example.com/team/agent/pull/7
"""


def test_a_pull_request_is_opened_with_gh(
    repo: Path, hosted: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = repo.parent / "gh-said"
    put_on_path(monkeypatch, repo.parent / "bin", "gh", GH.format(out=out))
    poison(repo, repo.parent / "marker")
    assert apply(repo, spec(repo, pr_title="Stop; the 'loop'", pr_body_md="## Why\n\n`x`"), "--open-pr") == 0
    url = git(repo, "config", "remote.origin.url").decode().strip()
    assert out.read_text().split("\0")[:-1] == [
        *("pr", "create", "--repo", url, "--head", "tessen/fix", "--title", "Stop; the 'loop'"),
        *("--body-file", "-"),
    ]
    assert Path(f"{out}.stdin").read_text() == "## Why\n\n`x`"
    assert str(repo) not in Path(f"{out}.pwd").read_text()
    assert on_branch(hosted, "agent.py") == AFTER["agent.py"]
    assert "opened https://example.com/team/agent/pull/7" in capsys.readouterr().out
    assert not (repo.parent / "marker").exists()


def test_without_gh_nothing_is_pushed(
    repo: Path, hosted: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert apply(repo, spec(repo), "--open-pr") == 1
    told = capsys.readouterr()
    assert "gh is not installed" in told.err
    assert "gh pr create --head tessen/fix --title 'Fix the loop' --body 'It never ended.'" in told.out
    assert b"tessen/fix" not in git(hosted, "for-each-ref")


# ── ended at any point ──


def ended(repo: Path, at: int, how: signal.Signals) -> bool:
    """Run the command in a process that ends at one of its calls of git; whether that was before its end."""
    path, child = spec(repo), os.fork()
    if child == 0:
        code = 99
        left = [at]

        class Ending(subprocess.Popen[Any]):
            def __init__(self, *given: Any, **more: Any) -> None:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), how)
                super().__init__(*given, **more)

        try:
            subprocess.Popen = Ending  # type: ignore[misc]
            code = apply(repo, path)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status != 99 << 8, "no traceback"
    return status != 0


def test_ended_at_any_call_of_git_the_work_tree_is_as_before(repo: Path) -> None:
    before = contents(repo)
    at = 0
    while ended(repo, at := at + 1, (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)[at % 3]):
        assert contents(repo) == before, f"call {at}"
        subprocess.run(["git", "branch", "-D", "tessen/fix"], cwd=repo, capture_output=True, check=False)
    assert at > 20
    assert (repo / "agent.py").read_bytes() == AFTER["agent.py"]


IN_THE_MIDST = """
import os, sys
from tessen import cli
left = [int(sys.argv[1])]
def hooked(real):
    def call(*given, **more):
        left[0] -= 1
        if left[0] == 0:
            {act}
        return real(*given, **more)
    return call
os.rename, os.link = hooked(os.rename), hooked(os.link)
sys.exit(cli.main(sys.argv[2:]))
"""
STEPS = 9
"""Links and renames of the switch: two a changed file, one a new one, the index, and HEAD."""


def in_the_midst(repo: Path, at: int, act: str) -> subprocess.CompletedProcess[str]:
    argv = ["apply", str(spec(repo)), "--repo-root", str(repo)]
    script = IN_THE_MIDST.format(act=act)
    return subprocess.run(
        [sys.executable, "-c", script, str(at), *argv],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_ended_in_the_midst_of_the_switch_the_work_tree_is_whole(repo: Path, how: str) -> None:
    group = f"import signal; os.killpg(os.getpgid(os.getppid()), signal.{how})"
    itself = "" if how == "SIGKILL" else f"; os.kill(os.getpid(), signal.{how})"
    for at in (1, STEPS):
        done = in_the_midst(repo, at, group + itself)
        assert done.returncode == {"SIGKILL": -9, "SIGTERM": -15, "SIGINT": 130}[how]
        assert git(repo, "status", "--porcelain", "--branch") == b"## tessen/fix\n"
        assert {name: (repo / name).read_bytes() for name in AFTER} == AFTER
        git(repo, "switch", "-q", "main")
        git(repo, "branch", "-qD", "tessen/fix")
    assert list(repo.glob("**/.tessen-*")) == []


CALLS = ("open", "fsync", "mkdir", "link", "rename", "unlink")
"""What the switch does to files: it is ended, or fails, at each of these calls in turn."""


def at_each_call(
    repo: Path, monkeypatch: pytest.MonkeyPatch, calls: Sequence[str], act: Callable[[], None]
) -> Iterator[SwitchError | None]:
    """Switch again and again, the n-th time with something happening at its n-th call; until it does not."""
    happened, parent, left = repo.parent / "happened", os.getpid(), [0]

    def hooked(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            if os.getpid() != parent and not os.path.exists(happened):  # noqa: PTH110 - without a call of these
                left[0] -= 1
                if left[0] == 0:
                    os.mkfifo(happened)
                    act()
            return real(*given, **more)

        return call

    places, wanted = find(repo), load(spec(repo))
    commit, _ = head(places)
    assert commit
    with private(places) as own:
        files = plan(wanted, places, own, commit)
        made = make_commit(wanted, files, own, commit, identities(places))
        make_branch(places, wanted.branch_name, made)
        for name in calls:
            monkeypatch.setattr(os, name, hooked(getattr(os, name)))
        for at in itertools.count(1):
            left[0] = at
            happened.unlink(missing_ok=True)
            try:
                Switch(places, own, commit).to(wanted.branch_name, files, made)
                error = None
            except SwitchError as problem:
                error = problem
            if not happened.exists():
                return
            yield error


def test_killed_at_any_call_of_the_switch_the_work_tree_is_as_before(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, ends = contents(repo), {"before": 0, "after": 0}
    for error in at_each_call(repo, monkeypatch, CALLS, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        ends["before" if error else "after"] += 1
        if error:
            assert str(error) == "the process that switched it was killed"
            assert contents(repo) == before, ends
            assert not (repo / "new").exists()
        else:
            assert {name: (repo / name).read_bytes() for name in AFTER} == AFTER, ends
            assert git(repo, "status", "--porcelain", "--branch") == b"## tessen/fix\n"
            git(repo, "switch", "-q", "main")
        assert [*repo.glob("**/.tessen-*"), *repo.glob(".git/*.lock")] == []
    assert ends["before"] > 30, "before the last rename there is nothing to be seen of it"
    assert ends["after"] >= 4, "after it, only what was left over is removed"


def test_a_switch_that_fails_is_undone(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    before, number = contents(repo), 0
    for error in at_each_call(repo, monkeypatch, ("mkdir", "link", "rename"), fail):
        number += 1
        assert str(error) == "a file: No space left on device"
        assert contents(repo) == before, number
    assert number == 10
    git(repo, "switch", "-q", "main")
    git(repo, "branch", "-qD", "tessen/fix")
    before, real = contents(repo), os.rename
    monkeypatch.setattr(os, "rename", lambda *given, **more: fail() if "dst_dir_fd" in more else real(*given))
    assert apply(repo, spec(repo)) == 0
    assert "the work tree is as it was, because a file: No space left" in capsys.readouterr().out
    assert contents(repo) == before


def test_where_the_undoing_is_killed_too_it_says_what_to_type(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parent, real = os.getpid(), os.open

    def killed(*given: Any, **more: Any) -> int:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)

    monkeypatch.setattr(os, "open", killed)
    assert apply(repo, spec(repo)) == 1
    assert "`git checkout -f` sets the work tree right" in capsys.readouterr().err
