"""The demo: a believable night of six agents over the real SDKs, and a coding agent that harness runs.

What belongs here is the night's script and what runs it, with no key and no network. The app only opens the
folders that `Night` fills.
"""

from __future__ import annotations

from tessen_tui.demo.night import Night

__all__ = ["Night"]
