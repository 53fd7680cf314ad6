"""Pushing the branch and opening its pull request.

What belongs here reaches the network, and only when asked to. Git pushes from the private git folder, to
the address the repository names for `origin`, with the user's own settings and none of the repository's; `gh`
runs in an empty folder, for the same reason.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tessen._git import GitError, Places, PrivateGit, ask
from tessen.applying.spec import Spec

_REMOTE = "origin"
_PROTOCOLS = "https:http:ssh:git"
"""Not `file`: pushing to a folder runs the hooks that lie in it."""


class PullRequest(NamedTuple):
    """A pull request that could be opened."""

    branch: str
    title: str
    body: str

    @classmethod
    def of(cls, spec: Spec) -> PullRequest:
        """Return the pull request that a specification asks for."""
        subject = spec.commit_message.strip().split("\n")[0]
        body = spec.pr_body_md or spec.commit_message.strip().partition("\n")[2].strip()
        return cls(spec.branch_name, spec.pr_title.strip() or subject, body)

    def by_hand(self) -> list[str]:
        """Return the commands that a person would type."""
        create = ["gh", "pr", "create", "--head", self.branch, "--title", self.title, "--body", self.body]
        return [f"git push -u {_REMOTE} {shlex.quote(self.branch)}", shlex.join(create)]

    def open(self, places: Places, git: PrivateGit, commit: str) -> str:
        """Push the branch and open the pull request; return its address.

        Raises:
            GitError: it failed, in the words of the program that did.
        """
        if not shutil.which("gh"):
            raise GitError("gh is not installed")
        url = os.fsdecode(ask(places, "remote", "get-url", "--push", _REMOTE).strip())
        target = f"{commit}:refs/heads/{self.branch}"
        own = {"GIT_CONFIG_GLOBAL": _own_settings(), "GIT_CONFIG_NOSYSTEM": "0"}
        own |= {
            each: os.environ[each]
            for each in ("HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK")
            if each in os.environ
        }
        git.run(
            *("push", "--quiet", "--no-verify", "--no-signed", "--recurse-submodules=no", "--", url, target),
            GIT_ALLOW_PROTOCOL=_PROTOCOLS,
            stdin=None,
            **own,
        )
        return self._create(url)

    def _create(self, url: str) -> str:
        argv = ["gh", "pr", "create", "--repo", url, "--head", self.branch, "--title", self.title]
        with tempfile.TemporaryDirectory(prefix="tessen-gh-") as empty:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
            done = subprocess.run(
                [*argv, "--body-file", "-"],
                input=self.body.encode(),
                capture_output=True,
                cwd=empty,
                env=environment | {"GH_PROMPT_DISABLED": "1", "GIT_CEILING_DIRECTORIES": empty},
                check=False,
            )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
            raise GitError(f"gh: {said or f'failed with {done.returncode}'}")
        return done.stdout.decode("utf-8", "replace").strip().split("\n")[-1]


def _own_settings() -> str:
    """The user's own git configuration, which git would read by itself if it were not told otherwise."""
    found = os.environ.get("GIT_CONFIG_GLOBAL")
    return found or str(Path("~/.gitconfig").expanduser())
