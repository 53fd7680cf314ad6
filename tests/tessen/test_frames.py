import json
import subprocess
import sys
from pathlib import Path

import pytest

from tessen import _frames


def test_the_callers_own_line() -> None:
    site = _frames.call_site()
    assert site is not None
    assert site.file == __file__
    assert site.func == "test_the_callers_own_line"


def test_frames_of_the_standard_library_are_skipped() -> None:
    sites = json.loads("[1]", parse_int=lambda _: _frames.call_site())
    assert sites[0].file == __file__
    assert sites[0].func == "<lambda>"


@pytest.mark.parametrize("folder", ["lib/site-packages", "opt/layer"])
def test_a_program_that_is_itself_installed_is_found(folder: str, tmp_path: Path) -> None:
    """Its frames lie beside those of the SDK that it uses."""
    packages = tmp_path / folder
    for name, code in {
        "anthropic/__init__.py": "from tessen._frames import call_site",
        "framework/__init__.py": "import anthropic\ndef ask():\n    return anthropic.call_site()",
    }.items():
        (packages / name).parent.mkdir(parents=True)
        (packages / name).write_text(code)
    code = f"import sys; sys.path.insert(0, {str(packages)!r}); import framework; print(framework.ask())"
    program = packages / "program.py"
    program.write_text(code)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert f"{folder}/framework/__init__.py', line=3, func='ask'" in done.stdout
