"""Help: the keys of the screen it was opened on, as they are bound now, and what the symbols mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tessen.query import FIELDS
from widgets import glyphs
from widgets.cells import fit
from widgets.wrapping import wrap

GAP = 2
"""Cells between keys and words, and behind words."""

OWN = "This screen"
GROUPS = {"list": "Moving", "place": "Places", "app": "Everywhere"}
"""The first part of a binding's id → the heading it stands under; any other is the screen's own."""

LEGEND = (
    (glyphs.ERROR, "error: the call failed; the word beside it says how"),
    (glyphs.ANOMALY, "anomaly: the call worked, its answer is suspect"),
    (glyphs.OK, "ok"),
    (glyphs.FINDING, "part of a pattern over several events, which the word before the text names"),
    (glyphs.FLAG, "flagged by the judge"),
    (glyphs.PENCIL, "files that a step changed"),
    (glyphs.MARK, "marked with m, for = to compare with"),
    (f"{glyphs.FOLDED}{glyphs.TIMES}42", "42 identical failures in a row on one line; right opens it"),
    (f"chat{glyphs.STREAM}", "a streamed call"),
)


class Key(NamedTuple):
    """One action: the keys as shown, and what it does."""

    group: str
    keys: str
    words: str


class HelpScreen(ModalScreen[None]):
    """A sheet over the screen it explains.

    Args:
        keys: as `keys_of` gives them.
        filters: whether to explain the filter language.
    """

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background 60%;
        & #sheet {
            width: 100%;
            max-width: 104;
            height: auto;
            max-height: 100%;
            padding: 0 2;
            background: $surface;
            border: round $primary;
            border-title-color: $primary;
            border-subtitle-color: $text-muted;
            scrollbar-size-vertical: 1;
        }
        & Static { width: 100%; height: auto; }
        & .help--key { color: $text-accent; text-style: bold; }
        & .help--head { color: $text-primary; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"help--key", "help--head"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="list.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="list.up"),
        Binding("ctrl+d,pagedown,space", "scroll(10)", "Page down", show=False, id="list.half-down"),
        Binding("ctrl+u,pageup", "scroll(-10)", "Page up", show=False, id="list.half-up"),
        Binding("g,home", "scroll(-10000)", "Top", show=False, id="list.first"),
        Binding("G,end", "scroll(10000)", "Bottom", show=False, id="list.last"),
    ]

    def __init__(self, keys: Sequence[Key], filters: bool) -> None:
        super().__init__()
        self._keys = keys
        self._filters = filters

    def compose(self) -> ComposeResult:
        """One scrolling sheet."""
        with VerticalScroll(id="sheet", can_focus=False) as sheet:
            sheet.border_title = "Keys"
            sheet.border_subtitle = "esc closes · ctrl+p finds any action"
            yield Static(id="text", markup=False)

    def on_resize(self) -> None:
        """Write the sheet for this width, in the theme's styles."""
        self.query_one("#text", Static).update(self._text())

    def action_scroll(self, lines: int) -> None:
        """Scroll the sheet."""
        self.query_one("#sheet").scroll_relative(y=lines, animate=False)

    def _text(self) -> Content:
        blocks = [self._block(group, rows, self._pairs) for group, rows in _grouped(self._keys)]
        blocks.append(self._block("Symbols", LEGEND))
        if self._filters:
            rows = [(field.example, field.meaning) for field in FIELDS]
            blocks.append(
                self._block("Filter: terms AND, - negates, commas OR, * any text", rows, self._pairs)
            )
        return Content("\n\n").join(blocks)

    @property
    def _pairs(self) -> int:
        """Actions that stand side by side."""
        return 2 if self.app.size.width >= 76 else 1

    def _block(self, head: str, rows: Sequence[tuple[str, str]], columns: int = 1) -> Content:
        """A heading and its rows, read down the first column and then down the second."""
        width = (min(self.app.size.width, 104) - 8) // columns
        height = -(-len(rows) // columns)
        key_width = min(20, max(8, *(cell_len(keys) for keys, _ in rows)))
        beside = [
            [line for row in rows[start : start + height] for line in self._row(*row, key_width, width)]
            for start in range(0, len(rows), height)
        ]
        head_line = Content.styled(head, self.get_visual_style("help--head", partial=True))
        blank = Content(" " * width)
        return Content("\n").join(
            [head_line, *(Content("").join(line) for line in zip_longest(*beside, fillvalue=blank))]
        )

    def _row(self, keys: str, words: str, key_width: int, width: int) -> Iterator[Content]:
        """An action's keys and its words, in as many lines as these take."""
        key_style = self.get_visual_style("help--key", partial=True)
        room = width - key_width - 2 * GAP
        for start, end in wrap(words, room):
            said = fit(words[start:end], room + GAP)
            yield Content.assemble((fit("" if start else keys, key_width), key_style), " " * GAP, said)


def keys_of(screen: Screen[Any]) -> list[Key]:
    """Every action that a key does on a screen now, once each, with all its keys."""
    by_action: dict[tuple[str, str], list[ActiveBinding]] = {}
    for active in screen.active_bindings.values():
        if active.binding.description and not active.binding.system:
            by_action.setdefault((active.binding.action, active.binding.description), []).append(active)
    named = ((words, [each for each in found if each.binding.id]) for (_, words), found in by_action.items())
    return [
        Key(group_of(own[0]), _keys(screen, own), own[0].binding.tooltip or words)
        for words, own in named
        if own
    ]


def group_of(active: ActiveBinding) -> str:
    """The heading that an action stands under."""
    return GROUPS.get((active.binding.id or "").split(".")[0], OWN)


def _keys(screen: Screen[Any], bindings: Sequence[ActiveBinding]) -> str:
    shown = [screen.app.get_key_display(active.binding) for active in bindings]
    return " ".join(dict.fromkeys(shown))


def _grouped(keys: Sequence[Key]) -> list[tuple[str, list[tuple[str, str]]]]:
    order = (OWN, *GROUPS.values())
    return [
        (group, [(key.keys, key.words) for key in keys if key.group == group])
        for group in order
        if any(key.group == group for key in keys)
    ]
