"""Repositories that nobody would write, and some do: each file is read or listed, and none is fatal."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tessen import cli
from tessen.crawl import crawl
from tessen.crawl._source import LARGEST
from tessen.sanitise import is_safe

CALL = "import anthropic\nanthropic.Anthropic().messages.create(model='m', messages=[])\n"


def reasons(manifest: dict[str, Any]) -> dict[str, str]:
    return {each["path"]: each["reason"] for each in manifest["skipped"]}


def files(manifest: dict[str, Any]) -> list[str]:
    return [site["file"] for site in manifest["call_sites"]]


def test_files_that_cannot_be_read_are_listed(tmp_path: Path) -> None:
    contents: dict[str, bytes] = {
        "broken.py": b"import anthropic\ndef f(:\n",
        "nul.py": CALL.encode() + b"\0",
        "huge.py": CALL.encode() + b"#" * LARGEST,
        "deep.py": b"import anthropic\nx = " + b"-" * 100_000 + b"1\n",
        "brackets.py": b"import anthropic\nx = " + b"(" * 5_000 + b")" * 5_000 + b"\n",
        "codec.py": b"# -*- coding: no-such-codec -*-\n" + CALL.encode(),
        "latin.py": CALL.encode() + b"x = '\xe9'\n",
        "not.ipynb": b"[]",
        "good.py": CALL.encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    manifest = crawl(tmp_path, cache=False)
    assert files(manifest) == ["good.py"]
    said = reasons(manifest)
    assert said.keys() == contents.keys() - {"good.py"}
    assert said["broken.py"] == "is not Python that this Python reads: line 2"
    assert said["nul.py"] == "holds NUL bytes"
    assert said["huge.py"] == "larger than 4 MiB"
    assert said["deep.py"] == "is nested too deeply"
    assert said["not.ipynb"] == "is not a notebook"
    assert manifest["files_scanned"] == 1
    assert manifest["files_skipped"] == len(said)


@pytest.mark.parametrize(
    ("content", "docstring", "line"),
    [
        (b"\xef\xbb\xbfimport cohere\ndef f():\n    '\xc3\xa9'\n    cohere.Client().chat()\n", "é", 4),
        (b"# coding: latin-1\nimport cohere\ndef f():\n    '\xe9'\n    cohere.Client().chat()\n", "é", 5),
        (b"import anthropic\r\ndef f():\r\n    'x'\r\n    anthropic.Client().messages.create()\r\n", "x", 4),
        (b"import anthropic\rdef f():\r    'x'\r    anthropic.Client().messages.create()\r", "x", 4),
    ],
    ids=["bom", "latin-1", "crlf", "cr"],
)
def test_encodings_and_line_ends(content: bytes, docstring: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(content)
    (site,) = crawl(tmp_path, cache=False)["call_sites"]
    assert (site["function_docstring"], site["line"]) == (docstring, line)


def test_long_and_nested_files_are_walked(tmp_path: Path) -> None:
    branches = "if x:\n    pass\n" + "elif x:\n    pass\n" * 800 + "else:\n    client.messages.create()\n"
    ladder = "".join("    " * depth + f"if x{depth}:\n" for depth in range(90))
    (tmp_path / "elif.py").write_text(f"import anthropic\nclient = anthropic.Anthropic()\n{branches}")
    (tmp_path / "ladder.py").write_text(f"from elif_ import c\n{ladder}{'    ' * 90}pass\n{CALL}")
    (tmp_path / "long.py").write_text("x = [" + "0," * 40_000 + "]\n" + CALL)
    assert files(crawl(tmp_path, cache=False)) == ["elif.py", "ladder.py", "long.py"]


def test_names_that_go_in_circles_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import anthropic\nfrom b import x, f\nx.messages.create()\nclass C(C): 0\n"
    )
    (tmp_path / "b.py").write_text(
        "import anthropic\nfrom a import x\ndef f(): return g()\ndef g(): return f() or x\n"
    )
    names = "".join(f"x{n} = x{n - 1} or x{n - 2} or y{n}\n" for n in range(2, 400))
    (tmp_path / "c.py").write_text(
        f"import anthropic\nx0 = x1 = anthropic.Client()\n{names}x399.messages.create()\n"
    )
    (tmp_path / "d.py").write_text(
        f"import anthropic\nx = {'f(' * 60}anthropic.Client(){')' * 60}\nx.messages.create()\n"
    )
    assert "a.py" not in files(crawl(tmp_path, cache=False))


def test_links_are_not_followed(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    outside = tmp_path / "outside"
    repository.mkdir()
    outside.mkdir()
    (outside / "secret.py").write_text(CALL)
    (repository / "a.py").write_text(CALL)
    (repository / "again.py").symlink_to("a.py")
    (repository / "loop").symlink_to(".")
    (repository / "out").symlink_to(outside)
    (repository / "gone.py").symlink_to("nowhere")
    os.mkfifo(repository / "pipe.py")
    manifest = crawl(repository, cache=False)
    assert files(manifest) == ["a.py"]
    said = reasons(manifest)
    assert said.pop("pipe.py") == "not a regular file"
    assert said == dict.fromkeys(("again.py", "gone.py", "loop", "out"), "link")


def test_what_is_installed_is_skipped_and_nothing_else(tmp_path: Path) -> None:
    repository = tmp_path / "build" / "env" / "site-packages" / "repository"
    kept = ("build/a.py", "env/b.py", "dist/c.py", "venv/d.py", "e.py", "testing.py")
    left_out = {
        "my-env/lib/f.py": "my-env",
        "node_modules/g.py": "node_modules",
        "vendor/site-packages/h.py": "vendor/site-packages",
        "tests/i.py": "tests",
        "pkg/test_j.py": "pkg/test_j.py",
        "pkg/conftest.py": "pkg/conftest.py",
    }
    for name in (*kept, *left_out, ".git/k.py", "__pycache__/l.py"):
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CALL)
    (repository / "my-env" / "pyvenv.cfg").touch()
    manifest = crawl(repository, cache=False)
    assert files(manifest) == sorted(kept)
    assert reasons(manifest).keys() == set(left_out.values())
    assert "tests/i.py" in files(crawl(repository, cache=False, tests=True))


def test_a_folder_that_may_not_be_read_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text(CALL)
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def scandir(path: str) -> Any:  # the tests may run as root, whom no mode keeps out
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    manifest = crawl(tmp_path, cache=False)
    assert files(manifest) == ["a.py"]
    assert reasons(manifest) == {"closed": "cannot be read: Permission denied"}


def test_nothing_of_a_repository_reaches_the_terminal_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a\x1b]0;owned\x07.py").write_text(CALL)
    (tmp_path / "b\u202e.py").write_text("import anthropic\n(")
    (tmp_path / os.fsdecode(b"c\xff.py")).write_text(CALL)
    assert cli.main(["crawl", str(tmp_path), "--no-cache"]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert is_safe(line), line
    assert cli.main(["crawl", str(tmp_path), "--no-cache", "--json"]) == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed)["manifest"]["files_scanned"] == 2


def test_a_notebook_is_read_but_for_the_cells_that_are_not_python(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "import anthropic"},
        {"cell_type": "code", "source": ["%%bash\n", "import anthropic ("]},
        {
            "cell_type": "code",
            "source": "!pip install anthropic\nfiles = !ls\nimport anthropic\n%time 1\nfiles?",
        },
        {"cell_type": "code", "source": ["\n", "anthropic.Anthropic().messages.create()"]},
        {"cell_type": "code", "source": "%%timeit -n 1\n%time -p anthropic.Anthropic().messages.create()"},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    broken = {"cell_type": "code", "source": "\n("}
    (tmp_path / "b.ipynb").write_text(json.dumps({"cells": [broken, *cells, broken, cells[-1]]}))
    manifest = crawl(tmp_path, cache=False)
    places = [(site["file"], site["cell"], site["line"]) for site in manifest["call_sites"]]
    in_b = [("b.ipynb", 5, 2), ("b.ipynb", 6, 2), ("b.ipynb", 8, 2)]
    assert places == [("a.ipynb", 4, 2), ("a.ipynb", 5, 2), *in_b]
    where = "cell 1 (line 2), cell 7 (line 2); the other cells are read"
    assert reasons(manifest) == {"b.ipynb": f"is not Python that this Python reads: {where}"}
