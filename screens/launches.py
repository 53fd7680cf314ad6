"""The dialogs, one a kind of job: resample, edit and resample, replay, judge."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from capture.commands.prepared import (
    Place,
    Prepared,
    prepare_edit,
    prepare_judge,
    prepare_replay,
    prepare_resample,
)
from screens.editor import edit_text
from screens.launch import Field, LaunchScreen

_COUNT = Field("count", "how many", "1")
_MAX_COST = Field("max-cost", "max cost", "", "USD: nothing is begun that would go beyond it")


def _to(script: str) -> Field:
    return Field("to", "send to", script, "as recorded; or an address, a provider, a script's file")


class ResampleDialog(LaunchScreen):
    """Ask a request again.

    Args:
        at: the request, or the event.
        model: the recorded model, raw.
        script: the scripted model that it came from, if it did.
    """

    TITLE_WORDS = "Resample: ask this request again"

    def __init__(self, at: Place, model: str = "", script: str = "") -> None:
        fields = (
            _COUNT._replace(value="5"),
            Field("model", "model", model, "as recorded"),
            Field("temperature", "temperature", "", "as recorded"),
            _to(script),
            _MAX_COST,
        )
        super().__init__(fields)
        self._at = at

    def prepare(self, values: dict[str, str]) -> Prepared:
        """The command that asks again."""
        return prepare_resample(self._at, values)


class EditDialog(LaunchScreen):
    """Ask an edited request.

    Args:
        at: the request, or the event.
        edited: the request as it came from the editor.
        script: the scripted model that it came from, if it did.
    """

    TITLE_WORDS = "Edit and resample: ask the edited request"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+e", "edit", "Edit again", id="launch.edit", key_display="^e", priority=True)
    ]

    def __init__(self, at: Place, edited: str, script: str = "") -> None:
        fields = (
            Field("label", "label", "", "what to call the variant"),
            _COUNT._replace(value="5"),
            _to(script),
            _MAX_COST,
            Field("request", "request", "ctrl+e edits it again"),
        )
        super().__init__(fields)
        self._at = at
        self._edited = edited

    def on_mount(self) -> None:
        """The last line is no field to type in."""
        super().on_mount()
        self.query_one("#request").disabled = True

    def prepare(self, values: dict[str, str]) -> Prepared:
        """The command that asks the edited request."""
        return prepare_edit(self._at, self._edited.encode("utf-8", "surrogatepass"), values)

    def action_edit(self) -> None:
        """Edit the request again."""
        edited, problem = edit_text(self.app, self._edited)
        if problem:
            self.say(problem, "request")
        else:
            self._edited = edited
            self.prepare_again()


class ReplayDialog(LaunchScreen):
    """Replay a session from a turn.

    Args:
        at: the turn.
    """

    TITLE_WORDS = "Replay from this turn"

    def __init__(self, at: Place) -> None:
        fields = (
            _COUNT,
            Field("prompt", "say besides", "", "nothing; a text is said with the tools' results"),
            Field("continue-sessions", "go on", "no", "yes: later sessions follow"),
            _MAX_COST._replace(hint="USD: when it is spent no call is passed on"),
        )
        super().__init__(fields)
        self._at = at

    def prepare(self, values: dict[str, str]) -> Prepared:
        """The command that replays."""
        return prepare_replay(self._at, values)


class JudgeDialog(LaunchScreen):
    """Have a session judged.

    Args:
        at: the session, or an event, whose session is judged up to it.
        script: the scripted model that a run came from, if it did.
    """

    TITLE_WORDS = "Judge: read this session against a rubric"

    def __init__(self, at: Place, script: str = "") -> None:
        fields = (
            Field("rubric", "rubric", "", "a file: text, or YAML with the fields of a judge"),
            Field("model", "models", "", "the file's; or some, as model or provider:model"),
            _COUNT,
            Field("from-turn", "from turn", "1"),
            Field("to-turn", "to turn", "", "the last"),
            _to(script)._replace(hint="the provider's; or an address, or a script's file"),
            _MAX_COST,
        )
        super().__init__(fields)
        self._at = at

    def prepare(self, values: dict[str, str]) -> Prepared:
        """The command that judges."""
        return prepare_judge(self._at, values)
