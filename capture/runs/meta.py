"""`run_meta.json`: what a run is, how far it has got, and what it came to.

Read with tolerance: what another program wrote differently is read as absent, and keys of others are kept.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

import orjson

from capture.runs.files import write_json
from capture.runs.folder import RunFolder, is_being_run
from capture.runs.locks import is_held

Json = dict[str, Any]
Status = Literal["running", "finished", "interrupted", "failed"]
StopReason = Literal[
    "completed",
    "budget_exhausted",
    "max_turns",
    "judge_early_exit",
    "rate_limited",
    "auth_error",
    "error",
    "interrupted",
    "diverged",
]


class MetaError(ValueError):
    """A folder without a readable `run_meta.json`. The message is one line."""


@dataclass(slots=True)
class SessionMeta:
    """One session, in a run's meta."""

    session_index: int = 0
    session_id: str | None = None
    """The engine's id of the conversation."""
    resumed_from: str | None = None
    """The engine's id of the conversation it goes on from."""
    fork_from: int | None = None
    replicate: int | None = None
    replicate_count: int | None = None
    step_count: int = 0
    """Steps of this session, without copied context."""
    tool_call_count: int = 0
    num_turns: int = 0
    total_cost_usd: float | None = None
    """This session's own; None where a model's price is not known."""
    compaction_count: int = 0
    subagent_count: int = 0
    file_writes: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str | None = None
    stop_reason: StopReason | None = None
    """None while it runs."""
    judge_flagged: bool = False
    judge_early_exit: bool = False
    judge_verdict_count: int = 0
    started_at: str | None = None
    finished_at: str | None = None
    path_isolation: str | None = None
    """How the agent, in a copy of the files, was kept from the original: mount or rewrite."""
    seen_work_dir: str | None = None
    """What the agent took for its working directory, where that was not the run's."""
    engine_state: Json = field(default_factory=dict)
    """What the engine needs to go on from this session."""
    extra: Json = field(default_factory=dict)
    """Keys of others."""

    @property
    def name(self) -> str:
        """How the session is called: `2`, or `2 r03`."""
        return f"{self.session_index}" + (f" r{self.replicate:02d}" if self.replicate else "")

    def as_dict(self) -> Json:
        """Return the entry as it is written."""
        return _flat(self)


@dataclass(slots=True)
class RunMeta:
    """A run."""

    run_name: str = ""
    hypothesis: str | None = None
    engine: str | None = None
    model: str | None = None
    provider: str | None = None
    sdk_version: str | None = None
    harness_version: str | None = None
    session_mode: str | None = None
    work_dir: str | None = None
    repo_name: str | None = None
    tags: list[str] = field(default_factory=list)
    session_count: int = 0
    sessions: list[SessionMeta] = field(default_factory=list)
    started_at: str | None = None
    finished_at: str | None = None
    total_steps: int = 0
    total_tool_calls: int = 0
    total_cost_usd: float | None = None
    total_file_writes: int = 0
    total_compaction_events: int = 0
    total_subagent_invocations: int = 0
    errors: list[str] = field(default_factory=list)
    judge_flagged_sessions: int = 0
    judge_early_exits: int = 0
    status: Status = "running"
    replay_source: str | None = None
    replay_turn: int | None = None
    extra: Json = field(default_factory=dict)
    """Keys of others."""

    def add_up(self) -> None:
        """Make the totals those of the sessions."""
        sessions = self.sessions
        costs = [each.total_cost_usd for each in sessions if each.total_cost_usd is not None]
        self.session_count = len(sessions)
        self.total_steps = sum(each.step_count for each in sessions)
        self.total_tool_calls = sum(each.tool_call_count for each in sessions)
        self.total_cost_usd = sum(costs) if costs else None
        self.total_file_writes = sum(each.file_writes for each in sessions)
        self.total_compaction_events = sum(each.compaction_count for each in sessions)
        self.total_subagent_invocations = sum(each.subagent_count for each in sessions)
        self.judge_flagged_sessions = sum(each.judge_flagged for each in sessions)
        self.judge_early_exits = sum(each.judge_early_exit for each in sessions)

    def as_dict(self) -> Json:
        """Return the meta as it is written."""
        fields = _flat(self)
        if self.replay_source is None:
            del fields["replay_source"], fields["replay_turn"]
        return fields | {"sessions": [each.as_dict() for each in self.sessions]}


def write_meta(folder: RunFolder, meta: RunMeta) -> None:
    """Write a run's meta, so that a reader sees the old one or the new one.

    Raises:
        OSError: it cannot be written.
    """
    write_json(folder.meta, meta.as_dict())


def read_meta(folder: RunFolder) -> RunMeta:
    """Read a run's meta. What says that it is running, and whose process is gone, is interrupted.

    Raises:
        MetaError: there is none, or it cannot be read.
    """
    try:
        data = orjson.loads(folder.meta.read_bytes())
    except OSError as error:
        raise MetaError(f"{folder.meta}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise MetaError(f"{folder.meta}: not JSON: {error}") from None
    if not isinstance(data, dict):
        raise MetaError(f"{folder.meta}: not an object")
    rows = data.get("sessions")
    sessions = (
        [_read(SessionMeta, row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    )
    meta = _read(RunMeta, {**data, "sessions": None})
    meta.sessions = sessions
    meta.run_name = meta.run_name or folder.path.name
    if "status" not in data:
        meta.status = "failed" if meta.errors else "finished"
    if meta.status == "running" and not is_being_run(folder):
        meta.status = "interrupted"
        for session in sessions:
            session.stop_reason = session.stop_reason or "interrupted"
    for session in sessions:
        if session.stop_reason is None:
            lock = folder.session(session.session_index, session.replicate).lock
            if lock.exists() and not is_held(lock):
                session.stop_reason = "interrupted"
    return meta


_Meta = TypeVar("_Meta", SessionMeta, RunMeta)


def _read(kind: type[_Meta], data: Json) -> _Meta:
    """Return an object with the fields that hold what they should; the rest keep their defaults."""
    known = _ANNOTATIONS[kind.__name__]
    empty = kind()
    for name, value in data.items():
        if name not in known or name == "extra":
            empty.extra[name] = value
        elif value is not None and _fits(value, known[name]):
            setattr(empty, name, value)
    return empty


_ANNOTATIONS = {
    kind.__name__: {each.name: str(each.type) for each in dataclasses.fields(kind)}
    for kind in (SessionMeta, RunMeta)
}
"""Of each kind: a field's name → its type, as it is written."""


_WORDS = frozenset((*get_args(Status), *get_args(StopReason)))


def _fits(value: object, annotation: str) -> bool:
    if isinstance(value, bool):
        return annotation == "bool"
    if isinstance(value, str):
        return annotation.startswith("str") or value in _WORDS
    if isinstance(value, int):
        return annotation.startswith(("int", "float"))
    if isinstance(value, float):
        return "float" in annotation
    if isinstance(value, list):
        return annotation.startswith("list[str]") and all(isinstance(each, str) for each in value)
    return annotation == "Json"


def _flat(meta: SessionMeta | RunMeta) -> Json:
    """Return an object's own fields, and beside them those of others."""
    fields = {each.name: getattr(meta, each.name) for each in dataclasses.fields(meta)}
    others: Json = fields.pop("extra")
    for name in ("engine_state", "path_isolation", "seen_work_dir"):  # which few sessions have
        if not fields.get(name, True):
            del fields[name]
    return fields | others
