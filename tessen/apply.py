"""`tessen apply`: a pull request's specification becomes a commit on a new branch, and nothing else changes.

What belongs here is the order of things, and what is printed; `tessen.applying` does them. Everything is
looked at before anything is written, and the branch appears in one step, when its commit is whole.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tessen._command import CommandError, Paint, safe
from tessen._git import GitError, Places, PrivateGit, find, head, private
from tessen.applying.branch import identities, make_branch, make_commit
from tessen.applying.difference import difference
from tessen.applying.plan import FilePlan, plan
from tessen.applying.pull_request import PullRequest
from tessen.applying.spec import Spec, SpecError, load
from tessen.applying.swap import SwitchError
from tessen.applying.switch import Switch
from tessen.learning.history import commits
from tessen.learning.subjects import Subjects, is_conventional

SUMMARY = "apply a pull request's specification, as a commit on a new branch"
EXAMPLE = """\
example:
  $ tessen apply spec.json --dry-run
  $ tessen apply spec.json --open-pr
"""

_LATEST = 200
"""Commits that tell how a team words its messages."""

_WIDEST = 100_000
"""Characters of one line that are shown: nothing that is added should hide behind a margin."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("spec", type=Path, metavar="SPEC", help="the specification, a JSON file")
    parser.add_argument("--repo-root", type=Path, default=Path(), metavar="DIR", help="the repository (here)")
    parser.add_argument("--dry-run", action="store_true", help="check, show the changes, and change nothing")
    parser.add_argument(
        "--open-pr", action="store_true", help="push the branch to origin and open a pull request with gh"
    )
    parser.add_argument(
        "--run-tests", action="store_true", help="run the specification's tests on the new branch; otherwise"
        " they are only printed"
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Apply the specification; return the exit code."""
    try:
        spec = load(options.spec)
        places = find(options.repo_root)
        with private(places) as git:
            return _run(options, spec, places, git)
    except SpecError as error:
        for problem in error.problems:
            print(f"tessen apply: {safe(str(options.spec), 200)}: {safe(problem)}", file=sys.stderr)
        return 1
    except GitError as error:
        raise CommandError(str(error)) from None


def _run(options: argparse.Namespace, spec: Spec, places: Places, git: PrivateGit) -> int:
    commit, branch = head(places)
    if places.top is None:
        raise CommandError(f"{places.git_dir}: a repository without a work tree; apply in a clone of it")
    if commit is None:
        raise CommandError(f"{places.top}: has no commit yet; make one first")
    files = plan(spec, places, git, commit)
    _show(spec, files)
    _remark_on_style(spec, git, commit)
    if options.dry_run:
        print("nothing was changed (--dry-run)")
        return 0
    switch, reason = None, ""
    try:
        switch = Switch(places, git, commit)
    except SwitchError as error:
        reason = str(error)
    made = make_commit(spec, files, git, commit, identities(places))
    make_branch(places, spec.branch_name, made)
    print(f"committed {made[:12]} on {safe(spec.branch_name, 200)}")
    try:
        if switch:
            switch.to(spec.branch_name, files, made)
    except SwitchError as error:
        switch, reason = None, str(error)
    _say_where(spec, reason, branch)
    tested = _tests(options, spec, places, switched=switch is not None)
    return max(tested, _pull_request(options, spec, places, git, made))


def _show(spec: Spec, files: Sequence[FilePlan]) -> None:
    """Print what will change, as a diff."""
    paint = Paint()
    styles = {"+": "good", "-": "bad", "@": "accent"}
    print(
        paint(
            f"{safe(spec.spec_id, 100)}: {safe(spec.commit_message.strip().split(chr(10))[0], 200)}", "strong"
        )
    )
    for change in spec.changes:
        if change.rationale:
            print(f"  {safe(change.file, 200)}: {safe(change.rationale, 500)}")
    for file in files:
        for line in difference(file):
            print(paint(safe(line, _WIDEST), styles.get(line[:1], "")))


def _remark_on_style(spec: Spec, git: PrivateGit, commit: str) -> None:
    """Say so if the message is not worded as the team's are; it stays as the specification has it."""
    subjects = Subjects()
    for each in commits(git, commit, _LATEST):
        if each.parents <= 1:
            subjects.add(each.subject)
    if subjects.style == "conventional_commits" and not is_conventional(spec.commit_message.strip()):
        share = round(100 * subjects.conventional / subjects.count)
        print(f"{share} % of the latest commits follow Conventional Commits; this message does not")


def _say_where(spec: Spec, reason: str, branch: str | None) -> None:
    name = shlex.quote(spec.branch_name)
    if reason:
        print(
            f"the work tree is as it was, because {safe(reason)}; to see the change: git switch {safe(name)}"
        )
    elif branch:
        back = safe(shlex.quote(branch.removeprefix("refs/heads/")), 200)
        print(f"the work tree is on the new branch; to go back: git switch {back}")


def _tests(options: argparse.Namespace, spec: Spec, places: Places, *, switched: bool) -> int:
    """Print the tests, or run them if asked to; return the exit code."""
    if not options.run_tests:
        for test in spec.tests_to_run:
            print(f"test, not run: {safe(test, 500)}")
        return 0
    if not switched:
        print(
            "tessen apply: the tests were not run, since the change is not in the work tree", file=sys.stderr
        )
        return 1
    failed = 0
    for test in spec.tests_to_run:
        print(f"test: {safe(test, 500)}", flush=True)
        try:
            done = subprocess.run(shlex.split(test), cwd=places.top, check=False).returncode
        except (OSError, ValueError) as error:
            print(f"tessen apply: {safe(test, 500)}: {safe(str(error))}", file=sys.stderr)
            done = 1
        failed += done != 0
    if failed and spec.expected_test_outcome == "pass":
        print(
            f"tessen apply: {failed} of {len(spec.tests_to_run)} tests failed; the branch stays",
            file=sys.stderr,
        )
        return 1
    return 0


def _pull_request(
    options: argparse.Namespace, spec: Spec, places: Places, git: PrivateGit, commit: str
) -> int:
    """Open the pull request if asked to, or print what to run; return the exit code."""
    request = PullRequest.of(spec)
    if options.open_pr:
        try:
            print(f"opened {safe(request.open(places, git, commit), 500)}")
            return 0
        except GitError as error:
            print(f"tessen apply: no pull request: {safe(str(error))}", file=sys.stderr)
    print("to open the pull request:")
    for line in request.by_hand():
        print(f"  {safe(line)}")
    return int(options.open_pr)


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["apply", *sys.argv[1:]]))
