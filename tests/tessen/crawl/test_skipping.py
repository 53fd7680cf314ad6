"""What is not walked, or forgotten meanwhile, changes no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tessen.crawl import _memory, _resolve, crawl

CALL = ".messages.create(model='m', messages=[])\n"
IMPORT = "import json, anthropic\n"


def found(folder: Path, **files: str) -> list[tuple[str, int]]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return [(site["file"], site["line"]) for site in crawl(folder, cache=False)["call_sites"]]


@pytest.mark.parametrize(
    "handed_out",
    [
        "client = None\ndef start():\n global client\n client = anthropic.Anthropic()\n"
        "def get(): return client\n",
        "def get():\n from anthropic import Anthropic as A\n made = A()\n return made\n",
        "def get(json=anthropic.Anthropic()): return json\n",
        "def get():\n json = anthropic.Anthropic()\n return json\n",
        "def get():\n for json in [anthropic.Anthropic()]: return json\n",
        "def get():\n with anthropic.Anthropic() as json: return json\n",
        "def get(): return getattr(anthropic, 'Anthropic')()\n",
        "def get(): return (None or [anthropic.Anthropic()])[0]\n",
        "def outer():\n made = anthropic.Anthropic()\n def inner():\n  return made\n return inner\n"
        "def get(): return outer()()\n",
        "def get(made=anthropic.Anthropic()):\n return made\n",
    ],
)
def test_a_function_that_hands_out_a_client_is_walked(handed_out: str, tmp_path: Path) -> None:
    made = f"{IMPORT}{handed_out}"
    assert found(tmp_path, made=made, user=f"from made import get\nget(){CALL}") == [("user.py", 2)]


def test_a_function_that_imports_for_itself_is_walked(tmp_path: Path) -> None:
    text = f"def get():\n from anthropic import Anthropic\n return Anthropic()\nget(){CALL}"
    assert found(tmp_path, made=text) == [("made.py", 4)]


def test_what_a_function_is_given_it_may_hand_out(tmp_path: Path) -> None:
    text = "def get(request): return request.app.state.client\ndef none(): return {}\n"
    assert found(tmp_path, made=f"{IMPORT}{text}get(1){CALL}none(){CALL}") == [("made.py", 4)]


def test_what_is_given_to_an_attribute_hides_what_is_inherited(tmp_path: Path) -> None:
    base = "class Base:\n def __init__(self): self.client = anthropic.Anthropic()\n"
    own = "class Own(Base):\n def __init__(self): self.client = json.loads('')\n"
    assert found(tmp_path, made=f"{IMPORT}{base}{own}Own().client{CALL}") == []
    assert found(tmp_path, made=f"{IMPORT}{base}{own}Base().client{CALL}") == [("made.py", 6)]


def test_a_method_under_another_name_is_found_in_a_function_that_names_none(tmp_path: Path) -> None:
    text = "from litellm import completion as ask\ndef f(): return ask(model='m')\n"
    assert found(tmp_path, made=text) == [("made.py", 2)]


def test_what_is_forgotten_is_worked_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"m{n}": f"from m{n + 1} import client\nclient{CALL}" for n in range(5)}
    files["m5"] = f"{IMPORT}client = anthropic.Anthropic()\n"
    whole = found(tmp_path, **files)
    assert len(whole) == 5
    monkeypatch.setattr(_resolve, "_MOST_INDEXED", 1)
    monkeypatch.setattr(_memory, "_MOST", 1)
    assert found(tmp_path, **files) == whole
