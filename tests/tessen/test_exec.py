"""`tessen exec` with real programs: without the recorder in their environment, in workers and scripts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capture.scripted import ScriptedServer
from tessen.exec import BOOTSTRAP
from tests.tessen.environments import with_what_is_installed

TESSEN = [sys.executable, "-m", "tessen.exec"]
ASK = """
    import os, httpx2
    asked = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
    httpx2.post(os.environ["MODEL"] + "/v1/messages", json=asked).raise_for_status()
"""
ASK_BY_SDK = """
    import os, anthropic
    client = anthropic.Anthropic(base_url=os.environ["MODEL"], api_key="k")
    client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "hi"}])
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the vendors' SDKs and not the recorder; its Python."""
    return with_what_is_installed(tmp_path_factory.mktemp("bare"))


class Program:
    """A folder to run things in, and what was recorded there."""

    def __init__(self, folder: Path, python: Path, model: str) -> None:
        self.folder = folder
        self.python = python
        self.model = model

    def write(self, name: str, code: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(code))
        return path

    def run(self, *command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*TESSEN, *command],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def environment(self, **variables: str) -> dict[str, str]:
        return {**os.environ, "MODEL": self.model, "TESSEN_LOG_DIR": str(self.folder / "logs"), **variables}

    def events(self, folder: str = "logs") -> list[dict[str, Any]]:
        files = sorted((self.folder / folder).rglob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def agents(self, folder: str = "logs") -> list[str]:
        return [event["agent_name"] for event in self.events(folder)]


@pytest.fixture
def program(tmp_path: Path, bare: Path, server: ScriptedServer) -> Program:
    return Program(tmp_path, bare, server.url)


def test_an_unmodified_program_in_an_environment_without_the_recorder(program: Program) -> None:
    program.write("agent.py", ASK_BY_SDK + "    import sys; print(sys.argv, sys.path); sys.exit(7)")
    done = program.run("--", program.python, "agent.py", "--fast", "x")
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.startswith("['agent.py', '--fast', 'x']")
    assert "_bootstrap" not in done.stdout, "the program's import path is its own"
    assert program.agents() == ["agent"]
    assert program.events()[0]["call_site"]["file"] == str(program.folder / "agent.py")


def test_options_win_over_the_environment(program: Program) -> None:
    program.write("agent.py", ASK)
    options = ("--agent-name", "night shift", "--log-dir", "elsewhere")
    done = program.run(*options, program.python, "agent.py", TESSEN_AGENT_NAME="other")
    assert (done.returncode, done.stderr) == (0, "")
    assert program.agents("elsewhere") == ["night shift"]
    assert program.events() == []


def shell(program: Program) -> list[str | Path]:
    program.write("worker.py", ASK)
    return ["sh", "-c", f"{program.python} agent.py && {program.python} agent.py"]


def module(program: Program) -> list[str | Path]:
    program.write("pack/agent.py", ASK)
    return [program.python, "-m", "pack.agent"]


def console_script(program: Program) -> list[str | Path]:
    """As installers write it: the environment's Python in its first line."""
    path = program.write("bin/agent", f"#!{program.python}\n{textwrap.dedent(ASK)}")
    path.chmod(0o755)
    return [path]


@pytest.mark.parametrize(("ways", "calls"), [(shell, 2), (module, 1), (console_script, 1)])
def test_ways_to_start_a_program(
    ways: Callable[[Program], list[str | Path]], calls: int, program: Program
) -> None:
    program.write("agent.py", ASK)
    done = program.run("--", *ways(program))
    assert (done.returncode, done.stderr) == (0, "")
    assert program.agents() == ["agent"] * calls


def test_workers_are_their_programs(program: Program) -> None:
    program.write("helper.py", ASK)
    program.write(
        "agent.py",
        """
        import multiprocessing, subprocess, sys
        from concurrent.futures import ProcessPoolExecutor

        def ask(_=None):
            import helper

        if __name__ == "__main__":
            subprocess.run([sys.executable, "helper.py"], check=True)
            for method in ("spawn", "fork", "forkserver"):
                with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
                    pool.submit(ask).result()
        """,
    )
    done = program.run("sh", "-c", f"{program.python} agent.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert program.agents() == ["agent"] * 4


def test_a_program_on_standard_input_has_no_name(program: Program) -> None:
    done = program.run("--", program.python, "-c", textwrap.dedent(ASK))
    assert (done.returncode, done.stderr) == (0, "")
    assert program.agents() == ["unknown_agent"]


def test_a_program_that_starts_the_recorder_itself_is_recorded_once(program: Program) -> None:
    program.write("agent.py", "import tessen\ntessen.init()\n" + textwrap.dedent(ASK))
    done = program.run("--", program.python, "agent.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(program.events()) == 1


@pytest.mark.parametrize("fails", [False, True])
def test_the_programs_own_sitecustomize_runs_as_ever(fails: bool, program: Program) -> None:
    broken = "raise RuntimeError('of the user')" if fails else ""
    program.write("own/sitecustomize.py", f"import sys; sys.from_the_user = __file__\n{broken}")
    program.write("agent.py", f"import sys; print(sys.from_the_user)\n{textwrap.dedent(ASK)}")
    own = str(program.folder / "own")
    done = program.run("--", program.python, "agent.py", PYTHONPATH=own)
    assert done.stdout == f"{own}/sitecustomize.py\n"
    assert ("RuntimeError: of the user" in done.stderr) is fails
    assert done.stderr.count("\n") == (4 if fails else 0), "said by our own Python, and by the program's"
    assert program.agents() == ["agent"]


def test_a_signal_reaches_the_program_and_its_end_is_its_own(program: Program) -> None:
    program.write("agent.py", "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)")
    command = [*TESSEN, "--", program.python, "agent.py"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=program.environment(), cwd=program.folder
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid, "it took the command's place"
        process.terminate()
        assert process.wait(60) == -signal.SIGTERM


def test_a_command_whose_reader_has_seen_enough_ends_quietly(program: Program) -> None:
    done = program.run("--", "sh", "-c", "yes | head -n 1")
    assert (done.stdout, done.stderr) == ("y\n", "")


def test_a_folder_of_the_recorders_name_is_not_the_recorder(program: Program) -> None:
    program.write("agent.py", ASK)
    (program.folder / "tessen").mkdir()
    done = program.run("--", program.python, "agent.py", PYTHONPATH=str(program.folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert program.agents() == ["agent"]


def test_an_old_interpreter_runs_unrecorded_with_one_line(program: Program) -> None:
    script = program.write(
        "agent.py",
        f"""
        import runpy, sys
        sys.version_info = (3, 9, 18, "final", 0)
        runpy.run_path({str(BOOTSTRAP / "sitecustomize.py")!r}, run_name="sitecustomize")
        print("tessen" in sys.modules)
        """,
    )
    done = subprocess.run([program.python, script], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == "False\n"
    assert done.stderr == "tessen: Python 3.9 is too old to be recorded; the program runs unrecorded\n"


def test_the_bootstrap_keeps_to_what_old_interpreters_read() -> None:
    source = (BOOTSTRAP / "sitecustomize.py").read_text()
    assert source.isascii()
    for newer in ('f"', "f'", " -> ", ":=", "match ", "nonlocal", "async "):
        assert newer not in source


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ([], 2, "no command; put it behind --"),
        (["--", "no-such-command"], 127, "no-such-command: no such command"),
        (["--", "./plain.py"], 126, "./plain.py: may not be executed; try: python ./plain.py"),
        (["--", "./not-a-program"], 126, "Exec format error"),
    ],
)
def test_what_cannot_be_run(command: list[str], code: int, said: str, program: Program) -> None:
    program.write("plain.py", "")
    program.write("not-a-program", "\0").chmod(0o755)
    done = program.run(*command)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.startswith("tessen exec: ")
    assert done.stderr.count("\n") == 1


def test_an_interpreter_that_will_not_listen_is_named(program: Program) -> None:
    program.write("agent.py", ASK)
    done = program.run("--", program.python, "-I", "agent.py")
    assert done.returncode == 0
    assert done.stderr == "tessen exec: -I makes Python ignore PYTHONPATH; it runs unrecorded\n"
    assert program.events() == []
