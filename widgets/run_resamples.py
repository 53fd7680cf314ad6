"""The resamples pane of a run: what came of asking the turn's request again, as it was and edited.

What belongs here is which request that is; how samples look is `widgets.resampled_lines`.
"""

from __future__ import annotations

from capture.resample.found import resampled
from capture.runs.calls import call_of_turn, calls_of
from widgets.lines import Item, line
from widgets.resampled_lines import Asked, resampled_items
from widgets.run_look import Look


def resamples_items(look: Look) -> list[Item]:
    """The samples of the turn's request, then every request that has some; reads files, in a thread."""
    try:
        found = resampled(look.session.folder)
    except OSError as error:
        return [line((f"resamples cannot be read: {error.strerror}", "warn"))]
    turns = {number: turn for turn, number in look.session.requests.items()}
    asked = {each.base: Asked(f"request {each.request}", turns.get(each.request or 0)) for each in found}
    request = _request(look)
    here = next((each.base for each in found if each.request == request), "")
    return resampled_items(found, asked, here, _nothing(look, request), side_by_side=look.side_by_side)


def _request(look: Look) -> int | None:
    """The number of the turn's request, also of a session that goes on."""
    if look.turn is None or look.request is not None:
        return look.request
    call = call_of_turn(calls_of(look.session.folder, look.meta.provider)[0], look.turn, None)
    return call.number if call else None


def _nothing(look: Look, request: int | None) -> str:
    if request is not None:
        return f"request {request} was not asked again"
    return (
        f"step {look.step} is no model call that could be asked again" if look.step else "no step is selected"
    )
