"""Changes in bytes: what a file's line endings, mark and encoding were, they stay."""

from __future__ import annotations

import codecs

import pytest

from tessen.applying.edits import EditError, edited
from tessen.applying.spec import Change


def change(action: str, line: int = 0, content: str = "", line_end: int = 0) -> Change:
    return Change("changes[0]", "f.txt", action, line, line_end or line, content, "", None)


@pytest.mark.parametrize(
    ("before", "made", "after"),
    [
        (b"", change("append_to_file", 0, "a\nb"), b"a\nb\n"),
        (b"a", change("append_to_file", 0, "b\n"), b"a\nb"),
        (b"a\r\nb", change("append_to_file", 0, "c\r\n"), b"a\r\nb\r\nc"),
        (b"a\r\n", change("append_to_file", 0, "b\nc\n"), b"a\r\nb\r\nc\r\n"),
        (b"a\nb\r\nc\n", change("insert_before_line", 2, "x"), b"a\nx\r\nb\r\nc\n"),
        (b"a\nb\r\nc\n", change("insert_after_line", 2, "x"), b"a\nb\r\nx\nc\n"),
        (b"a\nb", change("delete_lines", 2), b"a"),
        (b"a\nb\n", change("delete_lines", 1, line_end=2), b""),
        (b"a\nb", change("replace_lines", 2, "x\n\n"), b"a\nx\n"),
        (b"a\rb\nc\n", change("replace_lines", 1, "x"), b"x\nc\n"),
        (
            codecs.BOM_UTF8 + b"a\r\n",
            change("insert_before_line", 1, "ü"),
            codecs.BOM_UTF8 + b"\xc3\xbc\r\na\r\n",
        ),
        (b"\n\n", change("replace_lines", 1, "\n"), b"\n\n"),
        (b"\xe9\n", change("append_to_file", 0, "plain"), b"\xe9\nplain\n"),
    ],
)
def test_one_change(before: bytes, made: Change, after: bytes) -> None:
    assert edited("f.txt", before, [made]) == after


def test_python_says_its_own_encoding() -> None:
    source = b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"
    assert edited("f.py", source, [change("append_to_file", 0, "y = 'ü'")]) == source + b"y = '\xfc'\n"
    with pytest.raises(EditError, match="is not UTF-8"):
        edited("f.py", source, [change("append_to_file", 0, "y = '€'")])


def test_lines_are_counted_in_the_file_as_it_was() -> None:
    body = b"".join(b"%d\n" % n for n in range(1, 7))
    changes = [
        change("replace_lines", 5, "five\nand"),
        change("insert_before_line", 1, "first"),
        change("delete_lines", 2, line_end=3),
        change("insert_after_line", 3, "behind"),
        change("insert_after_line", 6, "last"),
    ]
    expected = b"first\n1\nbehind\n4\nfive\nand\n6\nlast\n"
    assert edited("f.txt", body, changes) == edited("f.txt", body, changes[::-1]) == expected
