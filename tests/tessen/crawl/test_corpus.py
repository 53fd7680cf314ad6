"""Precision and recall, on code written for it: every call of a model is labelled."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from tessen.crawl import crawl

CORPUS = Path(__file__).parent / "corpus"
LABEL = re.compile(r"# expect: (\S+) (\S+)$")
Row = tuple[str, int, int, str, str]
MISSED = {("app/injected.py", "openai", "completions.create")}
"""A client that is handed in without an annotation, and called in a way that others are called too."""


def labelled() -> Counter[Row]:
    found: Counter[Row] = Counter()
    for path in sorted(CORPUS.rglob("*.*")):
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text())["cells"]
            texts = [(number, "".join(cell["source"])) for number, cell in enumerate(cells, 1)]
        elif path.suffix == ".py":
            texts = [(0, path.read_text())]
        else:
            continue
        for cell, text in texts:
            for line, content in enumerate(text.split("\n"), 1):
                if label := LABEL.search(content):
                    found[path.relative_to(CORPUS).as_posix(), cell, line, label[1], label[2]] += 1
    return found


def test_every_labelled_call_is_found_and_nothing_else() -> None:
    labels = labelled()
    sites = crawl(CORPUS, cache=False)["call_sites"]
    found = Counter(
        (site["file"], site.get("cell", 0), site["line"], site["vendor"], site["method"]) for site in sites
    )
    assert labels.total() >= 100
    assert found - labels == Counter()  # precision: 1.00
    missed = labels - found
    assert {(file, vendor, method) for file, _, _, vendor, method in missed} == MISSED
    assert (labels.total() - missed.total()) / labels.total() > 0.99  # recall
