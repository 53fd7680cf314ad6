"""What leaves the machine of a map, and when: every byte that is sent is searched."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tessen.crawl import _program, crawl, manifest_for_shipping
from tests.tessen.ingest import Ingest

CORPUS = Path(__file__).parent / "corpus"
PROSE = 12
"""Characters of a literal from which on it would be told apart from a name by chance."""

PROGRAM = """
# a comment that nobody else may read
import tessen, sys
tessen.init(agent_name="agent")
def ask():
    "A docstring that nobody else may read."
    import anthropic
    secret = "a literal that nobody else may read"
    # above the call: nobody else may read it
    return anthropic.Anthropic(api_key="sk-ant-nobody").messages.create(model="claude-sonnet-5", a=secret)
sys.stdin.read()
print("tessen.crawl" in sys.modules)
"""


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with Ingest() as server:
        yield server


def texts_of(source: str) -> set[str]:
    """Everything in a file that is prose or data: comments, docstrings, literals, and whole lines."""
    found = {line.strip() for line in source.splitlines()}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found |= {token.string for token in tokens if token.type == tokenize.COMMENT}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value, *node.value.splitlines()}
    return {text for text in found if len(text) >= PROSE}


def test_no_source_is_in_what_is_shipped() -> None:
    whole = crawl(CORPUS, cache=False)
    shipped = json.dumps(manifest_for_shipping(whole), ensure_ascii=False)
    known = {site["model_kwarg"] for site in whole["call_sites"]} | {"openai", "bedrock-runtime"}
    for path in sorted(CORPUS.rglob("*.py")):
        leaked = {text for text in texts_of(path.read_text()) - known if text in shipped}
        assert leaked <= {"openai_client_name"}, path
    assert str(CORPUS) not in shipped
    assert str(Path.home()) not in shipped
    assert "Holds a client" not in shipped
    assert len(json.loads(shipped)["call_sites"]) == len(whole["call_sites"])


def test_only_the_names_of_models_are_shipped_of_strings(tmp_path: Path) -> None:
    names = [
        "claude-opus-4-1-20250805",
        "openai/gpt-5",
        "my customer's name",
        "sk-ant-api03-abc",
        "gemini-3-pro",
    ]
    calls = "".join(f"client.messages.create(model={name!r}, messages=[])\n" for name in names)
    (tmp_path / "a.py").write_text(f"import anthropic\nclient = anthropic.Anthropic()\n{calls}")
    whole = crawl(tmp_path, cache=False)
    assert [site["model_kwarg"] for site in whole["call_sites"]] == names
    shipped = manifest_for_shipping(whole)
    assert [site["model_kwarg"] for site in shipped["call_sites"]] == [
        names[0],
        names[1],
        None,
        None,
        names[4],
    ]


def started(folder: Path, ingest: Ingest, more: str = "", /, **environment: str) -> subprocess.Popen[bytes]:
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "agent"\nauthors = [{email = "me@example.com"}]\n'
    )
    (folder / "agent.py").write_text(PROGRAM + more)
    root = str(Path(__file__).parents[3])
    base = {name: value for name, value in os.environ.items() if not name.startswith("TESSEN_")}
    return subprocess.Popen(
        [sys.executable, folder / "agent.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={
            **base,
            "PYTHONPATH": root,
            "TESSEN_INGEST_URL": ingest.url,
            "TESSEN_LOG_DIR": str(folder / "logs"),
            "TESSEN_DISABLE_GIT_LEARN": "1",
        }
        | environment,
    )


def test_with_a_key_the_map_is_shipped_and_nothing_else(tmp_path: Path, ingest: Ingest) -> None:
    program = started(tmp_path, ingest, TESSEN_API_KEY="tk_live_of_the_test")
    ingest.wait_for(1)
    assert program.communicate(timeout=60)[0] == b"True\n"
    assert program.returncode == 0
    (request,) = ingest.requests
    body = request.json
    assert body["type"] == "manifest"
    (site,) = body["manifest"]["call_sites"]
    assert (site["file"], site["func"], site["vendor"]) == ("agent.py", "ask", "anthropic")
    assert site["model_kwarg"] == "claude-sonnet-5"
    sent = json.dumps(body) + request.first_line + str(request.headers)
    for secret in ("nobody", "example.com", str(tmp_path), str(Path.home())):
        assert secret not in sent


def thread_end() -> str:
    """Lines that make the program wait for what it learns of its code, and no longer."""
    return (
        "import threading\n"
        "[each.join() for each in threading.enumerate() if each.name == 'tessen-code']\n"
        "tessen.flush(60)\n"
    )


def test_the_map_is_shipped_once_a_day_by_however_many_processes(tmp_path: Path, ingest: Ingest) -> None:
    def one_more() -> int:
        program = started(tmp_path, ingest, thread_end(), TESSEN_API_KEY="tk_live_of_the_test")
        assert program.communicate(timeout=60)[0] == b"True\n"
        return len(ingest.requests)

    assert one_more() == 1
    assert one_more() == 1, "the second process maps nothing"
    (stamp,) = (Path.home() / ".tessen" / "shipped").iterdir()
    assert (stamp.stat().st_mode & 0o777, stamp.stat().st_size) == (0o600, 0)
    os.utime(stamp, (1, 1))
    assert one_more() == 2, "the next day"


@pytest.mark.parametrize(
    "environment", [{}, {"TESSEN_API_KEY": "tk_live_of_the_test", "TESSEN_DISABLE_CRAWL": "yes"}]
)
def test_without_a_key_or_with_the_switch_nothing_is_mapped(
    environment: dict[str, str], tmp_path: Path, ingest: Ingest
) -> None:
    program = started(tmp_path, ingest, **environment)
    assert program.communicate(timeout=60)[0] == b"False\n"
    assert program.returncode == 0
    assert ingest.connections == 0
    assert not list(Path(os.environ["XDG_CACHE_HOME"]).rglob("crawl"))


def test_the_child_ends_with_the_program(tmp_path: Path) -> None:
    """Its standard input is the program's other end, so it ends however the program does."""
    child = subprocess.Popen(
        [sys.executable, "-c", "from tessen.crawl._child import _end_with_the_parent as end; end()"],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(60) == 0


def test_which_folder_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    project = home / "src" / "build" / "project"
    (project / "pkg").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    program = project / "pkg" / "main.py"
    assert _program.root_of(program) is None, "a folder that says nothing of itself is no repository"
    (home / ".git").mkdir()
    assert _program.root_of(program) is None, "a home folder is nobody's program"
    (project / "pkg" / "setup.py").touch()
    assert _program.root_of(program) == project / "pkg"
    (project / ".git").mkdir()
    assert _program.root_of(program) == project
    monkeypatch.chdir(project)
    assert _program.root_of(None) == project
    assert _program.root_of(tmp_path / "site-packages" / "tool.py") == project
