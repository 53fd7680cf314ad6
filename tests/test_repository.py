"""What the repository promises about itself."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("tessen", "capture", "widgets", "screens", "tessen_tui")
OURS_IN_TESSEN = {"tessen"}


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def test_the_recorder_imports_nothing_but_the_standard_library() -> None:
    allowed = set(sys.stdlib_module_names) | OURS_IN_TESSEN
    foreign = {
        (path.name, name) for path in sources("tessen") for name in imported(path) if name not in allowed
    }
    assert not foreign


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_says_what_belongs_there(room: str) -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources(room)
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_links_in_the_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert documents
    assert not broken


def test_the_readme_and_ci_run_the_same_test_command() -> None:
    assert "$ make test" in (ROOT / "README.md").read_text()
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("make test")
