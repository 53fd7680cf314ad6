"""A patch as a document: what is open at first, what is only named, both layouts."""

from __future__ import annotations

from typing import cast

from capture.runs.patch import FilePatch
from widgets.lines import Fold, Item, all_lines
from widgets.patch_lines import HUGE, OPEN_LINES, file_fold, patch_items

PATCH = """\
--- a/basket.py
+++ b/basket.py
@@ -3,3 +3,4 @@ def total(prices):
 before
-\told
+new
+newer
 after
\\ No newline at end of file
"""
BASKET = FilePatch("basket.py", "modify", 2, 1, PATCH)


def texts(items: list[Item]) -> list[str]:
    return [line.text for line in all_lines(items)]


def drawn(fold: Fold, width: int = 60) -> list[str]:
    return ["".join(text for text, _ in row) for line in all_lines([fold]) for row in line.rows(width)]


def test_unified() -> None:
    fold = file_fold(BASKET, opened=True)
    assert [row.rstrip() for row in drawn(fold)] == [
        "  basket.py  +2 -1",
        "    line 3  def total(prices):",
        "    before",
        "  -     old",
        "  + new",
        "  + newer",
        "    after",
        "    No newline at end of file",
    ]


def test_side_by_side() -> None:
    rows = drawn(file_fold(BASKET, opened=True, side_by_side=True), 41)
    assert rows[2:6] == [
        "    before          │     before",
        "  -     old         │   + new",
        "                    │   + newer",
        "    after           │     after",
    ]


def test_a_big_patch_is_a_list_of_files_that_are_parsed_when_opened() -> None:
    many = [BASKET] * OPEN_LINES
    head, *folds = patch_items(many, "the run", side_by_side=False)
    assert head.text == "the run  400 files  +800 -400"  # type: ignore[union-attr]
    assert not any(cast(Fold, fold).open or cast(Fold, fold)._items for fold in folds)


def test_what_has_no_lines_is_named() -> None:
    binary = FilePatch("data.bin", "binary", 0, 0, "")
    assert texts([file_fold(binary, opened=True)]) == [
        "data.bin  binary",
        "a binary file: its states are in .shadow_git",
    ]
    huge = file_fold(FilePatch("big.json", "add", 9, 0, "+x\n" * HUGE), opened=True)
    assert not huge.open
    assert huge.header.text == "big.json  +9 -0  new  1.5 MB of patch, shown as text"


def test_what_cannot_be_parsed_is_shown_as_it_is() -> None:
    torn = FilePatch("x", "modify", 1, 0, "--- x\n+++ x\n@@ -1,5 +1,9 @@\n+only this\n")
    shown = texts([file_fold(torn, opened=True)])
    assert shown[1].startswith("this is no patch that can be parsed")
    assert "+only this" in shown


def test_nothing_changed() -> None:
    assert texts(patch_items([], "step 4", side_by_side=False)) == ["step 4 changed no file"]
