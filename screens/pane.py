"""One pane beside a trajectory: its name, its key, and when it is made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from widgets.lines import Item

Follows = Literal["step", "turn", "session", "run"]


class Looked(Protocol):
    """A place in a trajectory, as far as it matters to when a pane is made anew."""

    @property
    def step(self) -> int | None:
        """The step under the cursor."""

    @property
    def turn(self) -> int | None:
        """Its turn."""

    @property
    def scope(self) -> str:
        """Of what a diff is shown."""

    @property
    def side_by_side(self) -> bool:
        """Whether two texts stand beside each other."""

    @property
    def session_name(self) -> str:
        """Which of the session's it is."""

    @property
    def session(self) -> object:
        """What was read of the session: another object each time it is read."""

    @property
    def meta(self) -> object:
        """What is known of the whole: equal as long as nothing of it has changed."""


AnyLook = TypeVar("AnyLook", bound=Looked)


@dataclass(frozen=True, slots=True)
class Pane(Generic[AnyLook]):
    """One pane."""

    name: str
    """As it stands in the bar of panes, and in the id of its key: `run.pane-<name>`."""
    key: str
    """Opens it; empty for one that is reached by going from pane to pane."""
    follows: Follows
    """What part of the place it depends on: it is made anew when that changes."""
    items: Callable[[AnyLook], list[Item]]
    """What it shows of a place; may read files, and is called in a thread."""
    part: str = ""
    """What `]` and `[` go to in it, as one says; empty where it has nothing of the kind."""
    whole: str = ""
    """What `}` and `{` go to."""

    def shows(self, look: AnyLook) -> object:
        """What it shows: another value is another document, read from its beginning."""
        match self.follows:
            case "step":
                here: object = look.step
            case "turn":
                here = look.turn
            case _:
                here = None
        session = None if self.follows == "run" else look.session_name
        return self.name, look.scope, look.side_by_side, session, here

    def state(self, look: AnyLook) -> object:
        """Differs when what it shows may have changed on disk."""
        return look.meta if self.follows == "run" else id(look.session)
