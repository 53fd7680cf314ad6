"""Whether the model was asked the same again: a replay's first request beside the original.

What belongs here is the comparison, and what is known to differ whatever a replay does: names of the
conversation, and what the caller added on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from capture.engines.codex.midway import SKILLS
from capture.proxy.dumps import DumpError, read_request
from capture.runs.files import read_lines
from capture.runs.folder import SessionFolder

Json = dict[str, Any]

NAMES = ("metadata.user_id", "prompt_cache_key", "client_metadata")
"""Where requests name the conversation, which is a new one."""
ROLES = ("user", "developer")
"""Of those who speak to the model."""
PATHS_AT_MOST = 20

_SKILLS_IN = re.compile(r"(?<=^- `r\d` = `)[^`]*", re.MULTILINE)
"""The folder that Codex has its skills in, as it tells the model."""


def check_context(  # noqa: PLR0913 - all but the three that are compared are what may differ
    source: SessionFolder,
    request: int | None,
    replay: SessionFolder,
    prompt: str,
    moved: Sequence[str] = (),
    *,
    other_model: bool = False,
) -> Json:
    """Compare the first request of a replay with the original.

    Args:
        source: The original session.
        request: The number of the original request.
        replay: The session that replays it.
        prompt: What was added on purpose; it is left out of the comparison.
        moved: Where the files are now and where they were, if paths had to be rewritten.
        other_model: Whether another model is asked on purpose; its name is left out then.

    Returns:
        `result`: equal, differs, or unknown with a `reason`; where it differs, the first paths in `differs`
        and how many there are in `differences`; in `left_out` what had to differ and was not compared.
    """
    if request is None:
        return _unknown("the original request was not recorded")
    first = first_request(replay)
    if first is None:
        return _unknown("the replay has sent no request that was recorded")
    try:
        before, after = read_request(source.path, request), read_request(replay.path, first)
        for now, then in [moved] if moved else []:
            after = after.replace(orjson.dumps(now)[1:-1], orjson.dumps(then)[1:-1])
        original, again = orjson.loads(before), orjson.loads(after)
    except (DumpError, OSError, orjson.JSONDecodeError) as error:
        return _unknown(str(error))
    left_out = leave_out_names(original, again) + _take_made_anew(original, again)
    if other_model and _take(original, "model") | _take(again, "model"):
        left_out.append("model")
    if prompt and _take_prompt(again, prompt, original):
        left_out.append("prompt")
    if moved:
        left_out.append("paths")
    found: Json = {"result": "equal", "request": request, "replayed_as": first, "left_out": left_out}
    if orjson.dumps(original) != orjson.dumps(again):
        found["result"] = "differs"
        paths = list(differences(original, again)) or ["order of members"]
        found["differs"], found["differences"] = paths[:PATHS_AT_MOST], len(paths)
    return found


def leave_out_names(original: Any, again: Any) -> list[str]:
    """Take the names of the conversation out of two bodies; returns where there were any."""
    left_out = [name for name in NAMES if _take(original, name) | _take(again, name)]
    return left_out + [name for name in ("input[0].id",) if _take_first_id(original) | _take_first_id(again)]


def first_request(session: SessionFolder) -> int | None:
    """Return the number of the first request of a session's main agent; None before there is one."""
    rows, _ = read_lines(session.captures)
    numbers = (
        row.get("request_index")
        for row in rows
        if row.get("agent_context") == "main" and row.get("api_format") is not None
    )
    return min((each for each in numbers if isinstance(each, int)), default=None)


def differences(before: object, after: object, path: str = "") -> Iterator[str]:
    """Yield the paths at which two values of JSON differ, such as `messages[2].content`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in (*before, *(each for each in after if each not in before)):
            inner = f"{path}.{name}" if path else str(name)
            if name in before and name in after:
                yield from differences(before[name], after[name], inner)
            else:
                yield inner
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            if place < min(len(before), len(after)):
                yield from differences(before[place], after[place], f"{path}[{place}]")
            else:
                yield f"{path}[{place}]"
    elif before != after:
        yield path


def _unknown(reason: str) -> Json:
    return {"result": "unknown", "reason": reason}


def _take(body: Any, name: str) -> bool:
    """Take a member out of a body; returns whether it was there."""
    parent, _, last = name.rpartition(".")
    holder = body.get(parent) if parent and isinstance(body, dict) else body
    return isinstance(holder, dict) and holder.pop(last, None) is not None


def _take_first_id(body: Any) -> bool:
    """Take the id of Codex's own instructions out of a body, which it makes from the thread's."""
    items = body.get("input") if isinstance(body, dict) else None
    first = items[0] if isinstance(items, list) and items else None
    if not isinstance(first, dict) or first.get("role") != "developer":
        return False
    return first.pop("id", None) is not None


def _take_made_anew(original: Any, again: Any) -> list[str]:
    """Take out what Codex makes anew for what is said last; returns where the two differed in it.

    That is its messages' ids, and in which folder of its own its skills are.
    """
    before, after = (_last_message(body)[0] for body in (original, again))
    taken: list[str] = []
    for place in range(_said_last(before), len(before) if len(before) == len(after) else 0):
        pair = before[place], after[place]
        if not all(isinstance(each, dict) for each in pair):
            continue
        ids = [each.get("id") for each in pair]
        if None not in ids and ids[0] != ids[1]:
            taken.append(f"input[{place}].id")
            for each in pair:
                del each["id"]
        if _take_skills(*pair):
            taken.append(f"input[{place}], the folder of skills")
    return taken


def _take_skills(before: Json, after: Json) -> bool:
    """Take out of two messages in which folder Codex has its skills; returns whether they differed in it."""
    told = [_texts_on_skills(each) for each in (before, after)]
    if len(told[0]) != len(told[1]) or [each["text"] for each in told[0]] == [
        each["text"] for each in told[1]
    ]:
        return False
    for part in (*told[0], *told[1]):
        part["text"] = _SKILLS_IN.sub("", part["text"])
    return True


def _texts_on_skills(item: Json) -> list[Json]:
    """Return the parts of a message that tell of skills."""
    content = item.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return [part for part in parts if str(part.get("text")).startswith(SKILLS)]


def _said_last(items: Sequence[Any]) -> int:
    """Return where what was said since the model's last answer, and the last result of a tool, begins."""
    place = len(items)
    while place and isinstance(items[place - 1], dict) and items[place - 1].get("role") in ROLES:
        place -= 1
    return place


def _take_prompt(body: Any, prompt: str, original: Any) -> bool:
    """Take what was added on purpose out of the last message; returns whether it was there."""
    messages, last = _last_message(body)
    content = last.get("content")
    if content == prompt:
        del messages[-1]
        return True
    if not isinstance(content, list) or not any(_says(block, prompt) for block in content):
        return False
    remembered = [block["cache_control"] for block in content if "cache_control" in block]
    content[:] = [block for block in content if not _says(block, prompt)]
    if content and remembered:  # what the API is to remember ends where the message ends
        content[-1] = content[-1] | {"cache_control": remembered[-1]}
    if not content:
        del messages[-1]
    elif len(content) == 1 and isinstance(_last_message(original)[1].get("content"), str):
        last["content"] = content[0].get("text")  # which had been the message alone
    return True


def _last_message(body: Any) -> tuple[list[Any], Json]:
    messages = body.get("messages", body.get("input")) if isinstance(body, dict) else None
    found = messages if isinstance(messages, list) else []
    return found, found[-1] if found and isinstance(found[-1], dict) else {}


def _says(block: Any, prompt: str) -> bool:
    return isinstance(block, dict) and block.get("text") == prompt
