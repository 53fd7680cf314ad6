"""Markdown as lines."""

from __future__ import annotations

from widgets.lines import all_lines
from widgets.markdown_lines import markdown_items

TEXT = """\
# What *happened*

The agent **mended** it, see [the run](http://x/y).
One more `line`.

- a
  - b
    c
- d

3. three
4. four

> said

```python
def f(x): pass
```

| what | cost |
|------|------|
| all  | $1   |

<b>raw</b>
"""


def test_every_kind_of_block() -> None:
    rows = [
        "".join(t for t, _ in row).rstrip()
        for line in all_lines(markdown_items(TEXT))
        for row in line.rows(70)
    ]
    assert [row for row in rows if row] == [
        "  What happened",
        "  The agent mended it, see the run (http://x/y). One more line.",
        "  • a",
        "    • b c",
        "  • d",
        "  3. three",
        "  4. four",
        "│ said",
        "│",
        "│ def f(x): pass",
        "  what │ cost",
        "  all  │ $1",
        "  <b>raw</b>",
    ]


def test_styles_are_few_and_the_text_is_never_changed() -> None:
    (first, *_) = markdown_items("a **b** <c> [d](e)")
    assert first.text == "a b <c> d (e)"  # type: ignore[union-attr]
    assert first.spans[1] == ("b", "strong")  # type: ignore[union-attr]
