"""The map entry of a call site: the right call of a real repository, or a sentence that says why not."""

from pathlib import Path

import pytest

from capture.callsites import map_entry

PROGRAM = '''\
"""An agent."""
import anthropic

client = anthropic.Anthropic()


def settle(task):
    """Settle one transfer."""
    while True:
        # until it says that it is done
        answer = client.messages.create(model="claude-haiku-4-5", tools=[], messages=[task])
        if answer.stop_reason != "tool_use":
            return answer


def main():
    settle({})


def idle():
    return client
'''


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program in a folder of a repository."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'agent'\n")
    path = tmp_path / "src" / "agent.py"
    path.parent.mkdir()
    path.write_text(PROGRAM)
    return path


async def test_the_entry_of_a_call(program: Path) -> None:
    entry = await map_entry(str(program), 11)
    assert (entry.root, entry.file, entry.line) == (str(program.parent.parent), "src/agent.py", 11)
    assert (entry.function, entry.call, entry.vendor) == ("settle", "client.messages.create", "anthropic")
    assert entry.rules[0] == "tool_use_loop_anthropic"
    assert entry.callers == ("main",)
    assert entry.docstring == "Settle one transfer."
    assert entry.comments == ("until it says that it is done",)


async def test_in_a_file_that_changed_it_is_the_call_of_the_function(program: Path) -> None:
    assert (await map_entry(str(program), 9)).line == 11


@pytest.mark.parametrize("line", [21, 400, None])
async def test_where_no_call_is_mapped_it_says_so(program: Path, line: int | None) -> None:
    with pytest.raises(LookupError, match=r"no call of a model at src/agent\.py"):
        await map_entry(str(program), line)


@pytest.mark.parametrize("file", ["/nowhere/agent.py", "agent.py", "/tmp"])
async def test_a_file_of_another_machine(file: str) -> None:
    with pytest.raises(LookupError, match="is not on this machine"):
        await map_entry(file, 1)


async def test_without_a_repository_it_is_the_folder(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(PROGRAM)
    assert (await map_entry(str(tmp_path / "agent.py"), 11)).root == str(tmp_path)
