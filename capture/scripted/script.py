"""A script: rules in order, each saying for which requests it holds and what is answered to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Literal

from capture.scripted.answer import Answer, ErrorAnswer
from capture.scripted.prompt import Prompt

Protocol = Literal[
    "anthropic",
    "openai_chat",
    "openai_responses",
    "gemini",
    "cohere",
    "mistral",
    "count_tokens",
    "embeddings",
    "rerank",
    "models",
    "moderations",
    "images",
    "ocr",
    "batches",
    "files",
]
Then = Literal["repeat", "last", "error", "fall_through"]

_STRICT: dict[str, Any] = {"extra": "forbid"}


def _glob(glob: str | None, value: str | None) -> bool:
    return glob is None or (value is not None and fnmatchcase(value, glob))


def _pattern(text: str) -> re.Pattern[str]:
    is_regex = len(text) > 2 and text.startswith("/") and text.endswith("/")
    return re.compile(text[1:-1] if is_regex else re.escape(text))


@dataclass(frozen=True, slots=True)
class Match:
    """What a request must look like for a rule to hold. A field left out holds for every request."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    protocol: Protocol | None = None
    """The API that is spoken."""
    path: str | None = None
    """Glob for the request's path, such as `*/count_tokens`."""
    model: str | None = None
    """Glob for the model asked for."""
    text: str | None = None
    """Found in the last user message: as it stands, or as a regular expression when written `/so/`."""
    tool_result: bool | None = None
    """Whether the newest message carries a tool's result."""
    header: Mapping[str, str] = field(default_factory=dict)
    """Header names and globs for their values."""
    turn: int | None = None
    """How many times the model has spoken in the conversation so far."""
    times: int | None = None
    """Hold for this many requests, then never again."""

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError(f"times must be at least 1, not {self.times}")
        try:
            _pattern(self.text or "")
        except re.error as error:
            raise ValueError(f"text is not a regular expression: {error}") from None

    def holds(self, asked: Asked) -> bool:
        """Return whether a request looks like this; `times` is not looked at."""
        prompt = asked.prompt
        return (
            self.protocol in (None, asked.protocol)
            and _glob(self.path, asked.path)
            and _glob(self.model, prompt.model)
            and (self.text is None or _pattern(self.text).search(prompt.last_user) is not None)
            and self.tool_result in (None, prompt.tool_result)
            and self.turn in (None, prompt.turn)
            and all(_glob(glob, asked.headers.get(name.lower())) for name, glob in self.header.items())
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as rules see it."""

    protocol: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Rule:
    """Answers for some requests."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    answer: Answer | None = None
    """The one answer."""
    answers: Sequence[Answer] = ()
    """Or several, served in turn."""
    match: Match = Match()
    """For which requests."""
    then: Then = "last"
    """After the last answer: start over, stay on the last, be an error, or leave it to the rules below."""
    name: str | None = None
    """Shown in the server's log."""

    def __post_init__(self) -> None:
        if (self.answer is None) == (not self.answers):
            raise ValueError("a rule needs either answer or answers")

    @property
    def in_turn(self) -> tuple[Answer, ...]:
        """The answers in the order they are served."""
        return (self.answer,) if self.answer is not None else tuple(self.answers)


@dataclass(frozen=True, slots=True)
class Script:
    """All that a scripted model will say."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    rules: Sequence[Rule] = ()
    """Looked at in order; the first that holds answers."""
    otherwise: Answer | None = None
    """For requests no rule holds for. When absent: an error that says so, or "ok" if there are no rules."""
    seed: int = 0
    """Ids are made from this."""

    @classmethod
    def of(cls, answers: Sequence[Answer | ErrorAnswer]) -> Script:
        """Return the script that serves these answers in turn, and then stays on the last."""
        return cls((Rule(answers=tuple(map(as_answer, answers))),)) if answers else cls()


def as_answer(answer: Answer | ErrorAnswer) -> Answer:
    """Return an answer for an answer or a bare error."""
    return Answer(error=answer) if isinstance(answer, ErrorAnswer) else answer
