"""How a document's styles look: names of styles as colours and weights of the theme, found when first drawn.

What belongs here is the lookup; the looks themselves are rules of the document's style sheet, one for each
name, for a class `document--<name>`. They are no component classes of the toolkit: it would work all of them
out whenever anything on a screen changes, for each document, and few are ever drawn.
"""

from __future__ import annotations

from rich.style import Style
from textual.css.styles import RenderStyles
from textual.dom import DOMNode
from textual.widget import Widget

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


class Looks(dict[str, Style]):
    """A style's name → how it is drawn on one document; to be cleared when the document's styles change."""

    def __init__(self, document: Widget) -> None:
        super().__init__()
        self._document = document

    def __missing__(self, name: str) -> Style:
        look = self[name] = self._named(name)
        return look

    def _named(self, name: str) -> Style:
        tint, colon, name = name.rpartition(":")
        look = self._of(name) if name in STYLES or name == "cursor" else Style()
        if not colon:
            return look
        if self._document.app.current_theme.ansi:  # sixteen colours have no tints: the text is coloured
            return self._of(tint)
        return self._of(f"{tint}-row") + look

    def _of(self, name: str) -> Style:
        """A rule as a style that keeps the line's background, unless it brings its own."""
        styles = self._rule(name)
        look = styles.rich_style
        return look if styles.has_rule("background") else look.without_color + Style(color=look.color)

    def _rule(self, name: str) -> RenderStyles:
        """What the style sheet says of a name, as the toolkit finds it for a component class."""
        node = DOMNode(classes=f"document--{name}")
        node._attach(self._document)
        self._document.app.stylesheet.apply(node)
        return node.styles
