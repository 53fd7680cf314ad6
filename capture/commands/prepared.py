"""A command made ready and not begun, for whoever starts it as a job: its arguments, and what it will do.

What belongs here goes the way of the command itself up to the question whether to go on, so that a dialog
says what the command would say, missing keys and all. What is typed into a dialog comes as text by field.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import yaml

from capture.commands.consent import check_limit
from capture.commands.typed import Fields, NotReadyError, complaints, destination, limit_option, number, yes

if TYPE_CHECKING:
    from capture.cursor import Cursor
    from capture.jobs import Order
    from capture.jobs.job import Kind
    from capture.resample.overrides import Request


@dataclass(frozen=True, slots=True)
class Place:
    """What is pointed at: an event of a log, or a place in a run."""

    event: str = ""
    """`agent:event_id`."""
    log_dir: Path | None = None
    run: Path | None = None
    session: int | None = None
    replicate: int | None = None
    request: int | None = None
    turn: int | None = None

    def words(self, *parts: str) -> list[str]:
        """The arguments of a command that name this place, as far as it needs them."""
        if self.run is None:
            return [self.event, *(["--log-dir", str(self.log_dir)] if self.log_dir else [])]
        found = [str(self.run.absolute())]
        for part in ("session", "replicate", *parts):
            value = getattr(self, part)
            found += [f"--{part}", str(value)] if value is not None else []
        return found


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that can be started."""

    order: Order
    argv: tuple[str, ...]
    said: str
    """What will be sent where, and what it may cost; from outside, so raw."""
    stdin: bytes = b""


def prepare_resample(at: Place, fields: Fields) -> Prepared:
    """Make ready to ask a request again.

    Args:
        at: the request, or the event.
        fields: `count`, `model`, `temperature`, `to`, `max-cost`.

    Raises:
        NotReadyError: it cannot be done so.
    """
    from capture.resample.overrides import request_at

    with complaints():
        cursor = _cursor(at)
        temperature = number(fields, "temperature", float, 0, 2)
        model = fields.get("model", "").strip() or None
        request = request_at(
            cursor, model=None if model == cursor.at.model else model, temperature=temperature
        )
        argv = ["resample", *at.words("request")]
        for name in ("model", "temperature"):
            value = fields.get(name, "").strip()
            argv += [f"--{name}", value] if name in request.overrides else []
        return _sampling("resample", at, cursor, request, fields, argv)


def request_text(at: Place) -> str:
    """The request at a place, indented, for editing.

    Raises:
        NotReadyError: there is none that could be asked again.
    """
    from capture.resample.overrides import request_at

    with complaints():
        parsed = request_at(_cursor(at)).parsed
        return orjson.dumps(parsed, option=orjson.OPT_INDENT_2).decode() + "\n"


def prepare_edit(at: Place, edited: bytes, fields: Fields) -> Prepared:
    """Make ready to ask an edited request.

    Args:
        at: the request, or the event.
        edited: JSON, as it came from an editor.
        fields: `label`, `count`, `to`, `max-cost`.

    Raises:
        NotReadyError: it cannot be done so; of field `request` where the edit is to blame.
    """
    from dataclasses import replace

    from capture.resample.overrides import request_at
    from capture.resample.variants import VariantError, edited_body, edits_between

    with complaints():
        cursor = _cursor(at)
        try:
            data = orjson.loads(edited)
            if not isinstance(data, dict):
                raise NotReadyError("the edited request is not a JSON object", "request")
            body = edited_body(cursor.body, data)
        except orjson.JSONDecodeError as error:
            raise NotReadyError(f"the edited request is not JSON: {error}", "request") from None
        except VariantError as error:
            raise NotReadyError(str(error), "request") from None
        edits = edits_between(request_at(cursor).parsed, data)
        label = fields.get("label", "").strip()
        argv = ["resample-edit", *at.words("request"), "--input", "-", *(["--label", label] if label else [])]
        request = request_at(replace(cursor, body=body))
        ready = _sampling("resample-edit", at, cursor, request, fields, argv, label)
        changed = ", ".join(each.path for each in edits)
        return replace(ready, said=f"{ready.said}; edited: {changed}", stdin=edited)


def prepare_replay(at: Place, fields: Fields) -> Prepared:
    """Make ready to replay a session from a turn.

    Args:
        at: the turn.
        fields: `count`, `prompt`, `continue-sessions` (yes or no), `max-cost`.

    Raises:
        NotReadyError: it cannot be done so.
    """
    from capture.commands.replay import order_of, said_of, wanted_of

    if at.run is None or at.session is None or at.turn is None:
        raise NotReadyError("a replay begins at a turn of a run: go to one in the trajectory")
    with complaints():
        count = number(fields, "count", int, 1) or 1
        prompt = fields.get("prompt", "").strip()
        go_on = yes(fields, "continue-sessions")
        limit = number(fields, "max-cost", float, 0)
        wanted = wanted_of(at.run, (at.session, at.replicate, at.turn), count, prompt, go_on)
        check_limit(limit, wanted.source.config.model, None)
        order = order_of(wanted, limit)
        argv = ["replay", *at.words("turn"), "--count", str(count)]
        argv += ["--prompt", prompt] if prompt else []
        argv += ["--continue-sessions"] if go_on else []
        return Prepared(order, (*argv, *limit_option(fields)), said_of(wanted, order))


def prepare_judge(at: Place, fields: Fields) -> Prepared:
    """Make ready to have a session judged.

    Args:
        at: the session of a run, or an event, whose session is judged up to it.
        fields: `rubric` (a file), `model` (several, with blanks between), `count`, `from-turn`,
            `to-turn`, `to`, `max-cost`.

    Raises:
        NotReadyError: it cannot be done so.
    """
    from capture.commands.judge import material_of, order_of, panel_of, said_of, with_limits
    from capture.judge.rubric import RubricError, read_judges

    rubric = fields.get("rubric", "").strip()
    if not rubric:
        raise NotReadyError("name the rubric: a file of text, or YAML with the fields of a judge", "rubric")
    with complaints():
        option, scripted = destination(fields)
        models = fields.get("model", "").split()
        given: dict[str, Any] = {"base_url": option[1]} if option[:1] == ["--base-url"] else {}
        try:
            judges = read_judges(Path(rubric).expanduser(), models, given)
        except RubricError as error:
            raise NotReadyError(str(error), "model" if "--model" in str(error) else "rubric") from None
        count = number(fields, "count", int, 1) or 1
        turns = number(fields, "from-turn", int, 1) or 1, number(fields, "to-turn", int, 1)
        named = Path(at.event) if at.run is None else at.run
        material, target = material_of(named, at.session, at.replicate, (Path("runs"), at.log_dir))
        panel = panel_of(material, judges, turns, scripted)
        panel = with_limits(panel, count, panel.parallel, number(fields, "max-cost", float, 0))
        order = order_of(panel, target, free=scripted is not None)
        argv = ["judge", *at.words(), "--rubric", str(Path(rubric).expanduser().absolute())]
        for name in models:
            argv += ["--model", name]
        argv += ["--count", str(count), "--from-turn", str(turns[0])]
        argv += ["--to-turn", str(turns[1])] if turns[1] is not None else []
        free = "; no cost, the model is scripted" if scripted else ""
        return Prepared(order, (*argv, *option, *limit_option(fields)), said_of(panel, order) + free)


def _sampling(  # noqa: PLR0913, PLR0917 - all that a series of samples is made of
    kind: Kind,
    at: Place,
    cursor: Cursor,
    request: Request,
    fields: Fields,
    argv: list[str],
    label: str = "",
) -> Prepared:
    from capture.commands.pointing import target_of
    from capture.commands.sampling import AsJob, Wanted, order_of, plan_of, said_of

    option, scripted = destination(fields)
    given = {option[0]: option[1]} if option else {}
    count = number(fields, "count", int, 1) or 1
    wanted = Wanted(
        count=count,
        parallel=4,
        max_cost=number(fields, "max-cost", float, 0),
        yes=True,
        as_json=False,
        provider=given.get("--provider"),
        base_url=given.get("--base-url"),
        script=None,
    )
    plan = plan_of(cursor, request, wanted, scripted)
    named = Path(at.event) if at.run is None else at.run
    target = target_of(named, at.session or 1, at.replicate, Path("runs"), cursor)
    order = order_of(plan, AsJob(kind, target, label), free=scripted is not None)
    said = said_of(plan) if scripted is None else f"{order.label} from {option[1]}: no cost, it is a script"
    return Prepared(order, (*argv, "--count", str(count), *option, *limit_option(fields)), said)


def _cursor(at: Place) -> Cursor:
    from capture.commands.pointing import pointed_at

    if at.run is not None and at.request is None:
        raise NotReadyError("there is no request on record at this place: go to a turn of the agent")
    named = Path(at.event) if at.run is None else at.run
    return pointed_at(named, at.session or 1, at.request, at.replicate, (Path("runs"), at.log_dir))


def script_of(run: Path) -> str:
    """The scripted model that a run's answers came from; empty where it asked a real one. Reads a file."""
    try:
        data = yaml.safe_load((run / "config.yaml").read_text("utf-8", "replace"))
    except (OSError, yaml.YAMLError):
        return ""
    script = data.get("script") if isinstance(data, dict) else None
    return script if isinstance(script, str) and Path(script).is_file() else ""
