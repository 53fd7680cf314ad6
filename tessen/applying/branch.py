"""Making the commit and the branch, which neither the work tree nor the user's index takes part in.

What belongs here writes objects that nothing refers to, and then one ref: until then, nothing has happened.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from tessen._git import GitError, Places, PrivateGit, ask
from tessen.applying.plan import FilePlan
from tessen.applying.spec import Spec


def identities(places: Places) -> dict[str, str]:
    """Return who commits, as variables for git.

    Raises:
        GitError: nobody is configured.
    """
    found: dict[str, str] = {}
    for role in ("AUTHOR", "COMMITTER"):
        try:
            said = os.fsdecode(ask(places, "var", f"GIT_{role}_IDENT").strip())
        except GitError:
            raise GitError("who commits is not known; set git config user.name and user.email") from None
        name, _, rest = said.rpartition(" <")
        email, _, date = rest.rpartition("> ")
        found |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": email, f"GIT_{role}_DATE": date}
    return found


def make_commit(
    spec: Spec, files: Sequence[FilePlan], git: PrivateGit, parent: str, who: dict[str, str]
) -> str:
    """Write the commit's objects; return its id. Only the planned files differ from its parent."""
    git.run("read-tree", parent)
    entries = []
    for file in files:
        oid = git.line(
            "hash-object", "-w", "-t", "blob", "--no-filters", "--stdin", stdin=file.committed_after
        )
        entries.append(f"{file.mode} {oid}\t{file.path}\0".encode("utf-8", "surrogateescape"))
    git.run("update-index", "-z", "--index-info", stdin=b"".join(entries))
    tree = git.line("write-tree")
    message = spec.commit_message.rstrip("\n") + "\n"
    return git.line("commit-tree", tree, "-p", parent, "-F", "-", stdin=message.encode(), **who)


def make_branch(places: Places, name: str, commit: str) -> None:
    """Point a new branch at a commit, unless there is one of that name by now."""
    # "is to be created": an empty old value makes sure that nobody else did, meanwhile
    ask(places, "update-ref", "--create-reflog", "-m", "tessen apply", f"refs/heads/{name}", commit, "")
