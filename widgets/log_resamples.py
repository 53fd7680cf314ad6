"""The resamples pane of a log's session: what came of asking its calls again, as they were and edited.

What belongs here is which calls those are; how samples look is `widgets.resampled_lines`.
"""

from __future__ import annotations

from capture.resample.found import resampled_events
from widgets.lines import Item, line
from widgets.log_look import LogLook
from widgets.resampled_lines import Asked, resampled_items


def resamples_items(look: LogLook) -> list[Item]:
    """The samples of the call that one is at, then every call that has some; reads files, in a thread."""
    calls = look.log.calls
    try:
        found = resampled_events(look.log.agent_folder, [call.event_id for call in calls])
    except OSError as error:
        return [line((f"resamples cannot be read: {error.strerror}", "warn"))]
    asked = {call.event_id: Asked(f"call {call.number}", call.turn) for call in calls}
    here = look.call
    nothing = (
        f"call {here.number} was not asked again"
        if here
        else f"no call was made at or after step {look.step}"
    )
    return resampled_items(
        found, asked, here.event_id if here else "", nothing, side_by_side=look.side_by_side
    )
