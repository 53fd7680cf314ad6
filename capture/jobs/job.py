"""`job.json`: what a job is to do, which process does it, and how it ended.

Read with tolerance: what does not hold what it should is read as absent, and keys of others are kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, cast, get_args

import orjson

from tessen._redact import clean_line, of_environment

Json = dict[str, Any]
Kind = Literal["resample", "resample-edit", "resample-session", "replay", "judge", "compare"]
State = Literal["queued", "running", "finished", "failed", "cancelled", "lost"]
ENDED: frozenset[State] = frozenset({"finished", "failed", "cancelled", "lost"})

_PASSWORD = re.compile(r"://[^/@\s]*@")


class JobError(Exception):
    """A job is not there, or cannot be acted upon. The message is one line."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a job works on: a place in a run, or an event of a log."""

    run: str | None = None
    """The run folder, absolute."""
    session: int | None = None
    replicate: int | None = None
    request: int | None = None
    turn: int | None = None
    event: str | None = None
    """`agent:event_id`, or `agent:session_id` for a whole session of a log."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a job is to do, as it is known before anything is spent."""

    kind: Kind
    target: Target = field(default_factory=Target)
    label: str = ""
    """For people: `request 5, 10 samples`."""
    total: int | None = None
    """How many pieces of work: samples, replays, verdicts."""
    estimate_usd: float | None = None
    """What all of it will cost, about; None where no price is known."""
    estimate_most_usd: float | None = None
    max_cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job."""

    id: str
    order: Order
    argv: Sequence[str]
    """The arguments of `harness`, without secrets."""
    created_at: str
    state: State = "queued"
    detached: bool = False
    """Whether it is in a session of its own, and its output in `output.log`."""
    started_at: str | None = None
    finished_at: str | None = None
    host: str | None = None
    pid: int | None = None
    process_started: str | None = None
    """What tells its process from another with the same pid."""
    cwd: str | None = None
    result: str | None = None
    """Where what came of it lies, absolute."""
    error: str | None = None
    """Why it failed, in one line."""
    exit_code: int | None = None
    extra: Json = field(default_factory=dict)
    """Keys of others."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED

    def as_dict(self) -> Json:
        """Return the job as it is written and as `--json` prints it."""
        order = asdict(self.order)
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        del own["order"], own["extra"]
        return {"id": own.pop("id"), **order, **own, "argv": list(self.argv), **self.extra}


def written(job: Job) -> bytes:
    """Return the bytes of a job's `job.json`: no key of the environment, and nothing that looks like one."""
    line = orjson.dumps(job.as_dict() | {"argv": [_PASSWORD.sub("://", each) for each in job.argv]})
    cleaned = orjson.loads(clean_line(line, of_environment(os.environ), ()))
    return orjson.dumps(cleaned, option=orjson.OPT_INDENT_2) + b"\n"


def parsed(data: object, identity: str) -> Job:
    """Return the job in a parsed `job.json`.

    Args:
        data: The file's content.
        identity: The name of its folder, which is the job's id.

    Raises:
        JobError: it is no job.
    """
    row = data if isinstance(data, dict) else {}
    if row.get("kind") not in get_args(Kind) or row.get("state") not in get_args(State):
        raise JobError(f"job {identity}: job.json is not a job's: its kind or state is not known here")
    place = row.get("target")
    target = Target(**_typed(Target, place if isinstance(place, dict) else {}))
    order = Order(**_typed(Order, row) | {"kind": row["kind"], "target": target})
    argv = row.get("argv")
    own = _typed(Job, row) | {"id": identity, "state": cast(State, row["state"])}
    own["argv"] = [str(each) for each in argv] if isinstance(argv, list) else []
    own.setdefault("created_at", "")
    known = {each.name for kind in (Order, Job) for each in fields(kind)}
    return Job(**own, order=order, extra={name: row[name] for name in row if name not in known})


_KINDS: dict[str, Any] = {"str": str, "int": int, "float": (int, float), "bool": bool}


def _typed(kind: type[Target | Order | Job], row: Json) -> Json:
    """Return the simple fields of a class that a row has, where they hold what they should."""
    found: Json = {}
    for each in fields(kind):
        wanted = _KINDS.get(str(each.type).removesuffix(" | None"))
        value = row.get(each.name)
        if wanted is not None and isinstance(value, wanted) and (wanted is bool) == isinstance(value, bool):
            found[each.name] = value
    return found
