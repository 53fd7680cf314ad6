from pathlib import Path

import pytest

from tessen import _command_line


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        ("agent.py --fast", "agent"),
        ("-u -W ignore -Xdev bots/night_shift.py", "night_shift"),
        ("-uWignore tool", "tool"),
        ("-m shop.agent --port 80", "agent"),
        ("-um shop.__main__", "shop"),
        ("-mshop", "shop"),
        ("shop/__main__.py", "shop"),
        ("--check-hash-based-pycs never agent.py", "agent"),
        ("-c print() agent.py", "unknown_agent"),
        ("-ucpass", "unknown_agent"),
        ("- agent.py", "unknown_agent"),
        ("", "unknown_agent"),
        ("-i", "unknown_agent"),
    ],
)
def test_whose_calls_these_are(line: str, agent: str) -> None:
    assert _command_line.agent_of(line.split()) == agent


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("-I a.py", "-I"),
        ("-uE a.py", "-E"),
        ("-sS a.py", "-S"),
        ("a.py -I", None),
        ("-m mod -I", None),
        ("-W I a.py", None),
        ("-WI a.py", None),
        ("-us a.py", None),
    ],
)
def test_options_that_keep_the_recorder_out(line: str, option: str | None) -> None:
    assert _command_line.ignores_pythonpath(line.split()) == option


@pytest.mark.parametrize(
    ("first_line", "arguments"),
    [
        ("#!/opt/venv/bin/python3.13 -sE", ["-sE"]),
        ("#!/usr/bin/env python3", []),
        ("#!/usr/bin/env -S python3 -u", ["-u"]),
        ("#!/bin/sh", None),
        ("import os", None),
    ],
)
def test_scripts_are_known_by_their_first_line(
    first_line: str, arguments: list[str] | None, tmp_path: Path
) -> None:
    script = tmp_path / "agent"
    script.write_text(first_line + "\n")
    found = _command_line.python_arguments(str(script), ["agent", "--all"])
    assert found == (None if arguments is None else [*arguments, str(script), "--all"])


def test_a_python_is_known_by_its_name(tmp_path: Path) -> None:
    assert _command_line.python_arguments("/bin/pypy3", ["pypy3", "-u", "a.py"]) == ["-u", "a.py"]
    assert _command_line.python_arguments(str(tmp_path / "gone"), ["gone"]) is None
    assert _command_line.python_arguments(str(tmp_path), ["pythonic"]) is None
