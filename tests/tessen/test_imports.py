import sys
from pathlib import Path

import pytest

from tessen import _imports


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"pkg_{tmp_path.name}".replace("-", "_")
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "client.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return f"{name}.client"


def test_a_module_is_handed_over_once_its_code_has_run(package: str) -> None:
    seen: list[int] = []
    _imports.when_imported(package, lambda module: seen.append(module.VALUE))
    assert seen == []
    assert package not in sys.modules
    module = __import__(package, fromlist=["x"])
    assert seen == [1]
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert "exec_module" not in vars(module.__loader__)


def test_a_module_that_is_there_is_handed_over_at_once(package: str) -> None:
    __import__(package)
    seen: list[str] = []
    _imports.when_imported(package, lambda module: seen.append(module.__name__))
    assert seen == [package]


def test_a_failing_action_does_not_fail_the_import(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(module: object) -> None:
        raise RuntimeError("ours")

    _imports.when_imported(package, fail)
    assert __import__(package, fromlist=["x"]).VALUE == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_module_that_does_not_exist_still_does_not() -> None:
    _imports.when_imported("no_such_module_at_all", lambda module: None)
    with pytest.raises(ModuleNotFoundError):
        __import__("no_such_module_at_all")
