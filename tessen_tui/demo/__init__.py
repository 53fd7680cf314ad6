"""The demo: a believable night of six agents, recorded live over the real SDKs, with no key and no network.

What belongs here is the night's script and what runs it. The app only opens the folder that `Night` fills.
"""

from __future__ import annotations

from tessen_tui.demo.night import Night

__all__ = ["Night"]
