"""A line to type in, which handles its keys in the order in which they were typed."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class LineInput(Input):
    """One line of text, without a blinking cursor: that would be two redraws a second.

    An input takes characters itself, as they come, but its bound keys go up to the app and come back as
    actions: by then the characters behind them are typed, and the focus may be elsewhere. So over a slow line
    a `backspace` deleted what was typed after it, in the next field even. Here they are acted upon at once.
    """

    def on_mount(self) -> None:
        """Keep the cursor still."""
        self.cursor_blink = False

    async def on_key(self, event: events.Key) -> None:
        """Act on a key that is bound here and types nothing, also where the focus has gone on since."""
        bound = [] if event.is_printable else self._bindings.key_to_bindings.get(event.key, [])
        for binding in bound:
            if not binding.priority:
                event.stop()
                event.prevent_default()
                await self.run_action(binding.action)
