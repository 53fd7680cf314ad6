"""One exchange as a row of `api_captures.jsonl`.

What belongs here is the row: its fields, which of them are left out where they say nothing, and its one line
of JSON. The first block of fields is AgentLens's, the second ours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tessen.usage import Usage

AgentContext = Literal["main", "subagent", "sdk_internal"]
Outcome = Literal["complete", "cut", "failed"]
AnsweredBy = Literal["proxy", "record"]
"""proxy: an error of its own, for none came from the API; record: an answer of an earlier run, at no cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One HTTP exchange between an engine and its API."""

    timestamp: str
    """When the request began to arrive: ISO 8601, UTC."""
    request_index: int
    """Its number in the session, from 1; the NNN of its files."""
    api_format: str | None
    """anthropic_messages, openai_responses or openai_chat; None for a request that asks no model."""
    agent_context: AgentContext
    model: str | None
    """The model asked for."""
    sampling_params: dict[str, Any] = field(default_factory=dict)
    """Of temperature, max_tokens, top_p and top_k, those that the request sets."""
    message_count: int | None = None
    """None where the body was not taken apart: not JSON, or over 32 MiB."""
    system_prompt: Any = None
    """In full the first time this session sends it; its hash always."""
    system_prompt_hash: str | None = None
    tools: Any = None
    """As `system_prompt`."""
    tools_hash: str | None = None
    is_compaction: bool = False
    """Whether the main agent's conversation is shorter than in its request before."""
    compacted_messages: list[Any] | None = None
    """The conversation after a compaction."""
    context_management: Any = None
    """What the answer says the API did to the context."""
    usage: dict[str, Any] | None = None
    """Tokens: input_tokens leaves out what was read from or written to the cache, whatever the API says."""

    status: int | None = None
    """What the engine got; where `outcome` is failed before an answer came, from the proxy itself: 502, or
    400 or 402 for a call that was refused."""
    duration_ms: float = 0.0
    ttfb_ms: float | None = None
    """From the start to the answer's first byte."""
    stop_reason: str | None = None
    """Why the model stopped, in the API's words."""
    request_id: str | None = None
    """The API's id of the request."""
    attempt: int = 1
    """How many times the engine has now sent this request."""
    error: str | None = None
    agent_id: str | None = None
    """Which subagent asked."""
    outcome: Outcome = "complete"
    """cut: the engine left in the middle; failed: the API could not be reached, or broke off."""
    message_id: str | None = None
    """The answer's own id."""
    method: str = "POST"
    path: str = ""
    """What the engine asked for, secrets in the query removed."""
    streamed: bool = False
    rewritten: bool = False
    """Whether what went to the API is not what the engine sent; that is kept in request_NNN_original.json."""
    record_error: str | None = None
    """What of this exchange is not in `raw_dumps`, and why."""
    answered_by: AnsweredBy | None = None
    """Who gave the answer, where it was not the API."""

    session_dir: Path = Path()
    """The folder this row is in; not written."""
    answer: Any = None
    """The answer's body, parsed or put together; not written."""
    counts: Usage | None = None
    """The tokens as the event log counts them, all input under `input_tokens`; not written."""

    @property
    def is_main(self) -> bool:
        """Whether this is a turn of the main agent."""
        return self.agent_context == "main"

    @property
    def ok(self) -> bool:
        """Whether a whole answer came that is no error."""
        return self.outcome == "complete" and self.error is None

    @property
    def prompt_tokens(self) -> int:
        """All input tokens, cached ones included; 0 where none were reported."""
        return self.counts.input_tokens if self.counts else 0

    @property
    def completion_tokens(self) -> int:
        """All output tokens, reasoning included; 0 where none were reported."""
        return self.counts.output_tokens if self.counts else 0

    @property
    def request_file(self) -> str:
        """The name of the request's file in `raw_dumps`."""
        return f"request_{self.request_index:03d}.json"

    def request_body(self) -> bytes:
        """Read what went to the API, byte for byte, from the disk.

        Raises:
            DumpError: It cannot be read.
        """
        from capture.proxy.dumps import read_request

        return read_request(self.session_dir, self.request_index)

    def row(self) -> dict[str, Any]:
        """Return the row: every field, but for those that are only there when they say something."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name not in _NOT_WRITTEN}
        return {name: value for name, value in fields.items() if value or name not in _ONLY_WHEN_SET}

    def line(self) -> bytes:
        """Return the row as one line of JSON with its newline."""
        return json.dumps(self.row(), separators=(", ", ": ")).encode() + b"\n"


_NOT_WRITTEN = frozenset({"session_dir", "answer", "counts"})
_ONLY_WHEN_SET = frozenset(
    {
        *("system_prompt", "tools", "compacted_messages", "context_management", "usage"),
        *("rewritten", "record_error", "answered_by"),
    }
)
