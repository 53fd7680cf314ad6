"""Histories of any length, made by the real git from a stream."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.tessen.repositories import git

START = 1_700_000_000
PEOPLE = [(f"Person Number{n}", f"person{n}@hidden-{n}.example") for n in range(12)]
SUBJECTS = (
    "feat(parser): secretfeature {n} arrives", "fix: secretbug {n} is gone", "docs: secretwords {n}",
    "refactor: secretshape {n}", 'Revert "secretbug {n}"', "Add secretthing {n}",
)  # fmt: skip
BODY = "secretbody {n} says why\n\nReviewed-by: Someone Unseen <unseen{n}@hidden.example>"


def history(folder: Path, commits: int, *, files: int = 40, seed: int = 7) -> Path:
    """Make a bare repository with a history of commits by a dozen people, two files of which go together."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare", "-b", "main")
    git(folder, "fast-import", "--quiet", stdin=b"".join(stream(commits, files, seed)))
    return folder


def stream(commits: int, files: int, seed: int) -> Iterator[bytes]:
    """Yield the commits for `git fast-import`."""
    chance = random.Random(seed)
    for n in range(commits):
        name, email = PEOPLE[min(int(chance.expovariate(0.5)), len(PEOPLE) - 1)]
        message = f"{SUBJECTS[n % len(SUBJECTS)]}\n\n{BODY}\n".format(n=n).encode()
        yield f"commit refs/heads/main\nauthor {name} <{email}> {START + n * 600} +0000\n".encode()
        yield f"committer {name} <{email}> {START + n * 600} +0000\ndata {len(message)}\n".encode() + message
        touched = {f"src/module{chance.randrange(files)}.py" for _ in range(2)}
        if n % 5 == 0:
            touched |= {"src/pair_a.py", "src/pair_b.py"}
        if n % 4 == 1:
            touched.add(f"tests/test_module{n % files}.py")
        for path in sorted(touched):
            body = f"secretcode = {n}\n".encode()
            yield f"M 100644 inline {path}\ndata {len(body)}\n".encode() + body + b"\n"
