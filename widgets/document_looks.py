"""How a document's styles look: names of styles as colours and weights of the theme, found when first drawn.

What belongs here is the lookup; the looks themselves are rules of the document's style sheet, one for each
name, for a class `document--<name>`. They are no component classes of the toolkit: it would work all of them
out whenever anything on a screen changes, for each document, and few are ever drawn.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.style import Style
from textual.dom import DOMNode
from textual.widget import Widget

from widgets.ink import DIM

STYLES = (
    "heading",
    "strong",
    "dim",
    "faint",
    "accent",
    "good",
    "warn",
    "bad",
    "key",
    "string",
    "number",
    "literal",
    "added",
    "removed",
    "keyword",
    "quoted",
    "match",
)
"""The names a span's style can have."""

TINTS = ("added-row", "removed-row")
"""Backgrounds of whole rows: a style "added:keyword" is a keyword in an added line."""

_MATCH_REVERSED = Style(bold=True, underline=True)
_MUTED = frozenset({"dim", "faint"})
_NAMES = frozenset({*STYLES, *TINTS, "cursor"})


class Looks:
    """The styles in which a document's spans are drawn, by the name a span gives; kept until `forget`."""

    def __init__(self, document: Widget) -> None:
        self._document = document
        self.plain = _Styles(self._plain)
        """On any row but the cursor's."""
        self.at_cursor = _Styles(self._at_cursor)
        """On the cursor's row, whose background stands in place of a tint."""

    def forget(self) -> None:
        """The document's styles have changed."""
        self.plain.clear()
        self.at_cursor.clear()

    def _plain(self, name: str) -> Style:
        tint, colon, name = name.rpartition(":")
        base, look = self._document.rich_style, self._look(name)
        if not colon:
            return base + look
        if self._sixteen_colours:  # which have no tints: the text itself is coloured
            return base + self._look(tint)
        return base + self._look(f"{tint}-row") + look

    def _at_cursor(self, name: str) -> Style:
        look, row = self._look(name.rpartition(":")[2]), self._look("cursor")
        if row.reverse:  # it is of one colour: a second one could not be read there
            look = _MATCH_REVERSED if name == "match" else Style()
        return self._document.rich_style + row + look

    @property
    def _sixteen_colours(self) -> bool:
        return self._document.app.current_theme.ansi

    def _look(self, name: str) -> Style:
        """A rule as a style that keeps the line's background, unless it brings its own."""
        if name not in _NAMES:
            return Style()
        node = DOMNode(classes=f"document--{name}")
        node._attach(self._document)
        self._document.app.stylesheet.apply(node)
        look = node.styles.rich_style
        if name in _MUTED and self._sixteen_colours:
            look += DIM
        return look if node.styles.has_rule("background") else look.without_color + Style(color=look.color)


class _Styles(dict[str, Style]):
    """A style's name → how it is drawn, found when it is first asked for."""

    def __init__(self, find: Callable[[str], Style]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, name: str) -> Style:
        style = self[name] = self._find(name)
        return style
