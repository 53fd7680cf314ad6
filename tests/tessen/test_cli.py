import subprocess
import sys

import pytest

import tessen
from tessen import cli


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out == f"tessen {tessen.__version__}\n"


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 0
    assert "$ tessen version" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["vresion"], ["version", "now"], ["--nonsense"]])
def test_a_usage_error_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("tessen")
    assert "--help" in said


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "tessen.cli", "version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"tessen {tessen.__version__}\n"
