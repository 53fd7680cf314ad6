"""Answers that are given to an agent in its model's place: what a session needs of whoever has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from capture.proxy import ProxyRequest, StoredAnswer
from capture.runs.meta import StopReason


@dataclass(frozen=True, slots=True)
class Over:
    """The session ends here: there is no answer, and the model is not to be asked."""

    reason: StopReason


class Answers(Protocol):
    """Answers some or all of a session's requests."""

    async def answer(self, request: ProxyRequest) -> bytes | StoredAnswer | Over | None:
        """Take a request as it would go up.

        Returns:
            The answer; or the body with which the model is asked after all, None for the request's own; or
            that the session is over.
        """
        ...
