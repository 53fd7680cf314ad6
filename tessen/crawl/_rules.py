"""The named rules that say what kind of function a call of a model stands in.

What belongs here is one small function a rule, and their order: a function's pattern is the first that
matches, and all that match are listed. Rules go by structure alone, so the same code gives the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tessen.crawl._families import FAMILIES
from tessen.crawl._summary import IN_FOR, IN_TRY, IN_WHILE, WITH_TOOLS, Call, Scope

_FRAMEWORKS = frozenset(family.vendor for family in FAMILIES.values() if family.framework)
_TOOL_ANSWERS = frozenset(
    """tool_use tool_calls tool_result tool_call function_call function_calls toolUse functionCall call_tool
    execute_tool run_tool""".split()  # noqa: SIM905
)
_SHAPED = frozenset(
    """response_format response_model response_schema response_json_schema text_format output_format
    json_schema with_structured_output output_type""".split()  # noqa: SIM905 - a list is read more easily so
)
_AT_ONCE = frozenset({"gather", "as_completed", "TaskGroup", "submit", "run_in_executor"})
_EMBEDDING = ("embed", "embeddings.", "Embedding.")


class Site(NamedTuple):
    """A call of a model."""

    file: str
    call: Call
    vendor: str
    method: str


class Group(NamedTuple):
    """A function and the calls of a model in it."""

    sites: Sequence[Site]
    scope: Scope
    is_node: bool
    """Whether it is a node of a graph."""

    def has(self, words: frozenset[str]) -> bool:
        """Whether one of some marks occurs in the function."""
        return not words.isdisjoint(self.scope.markers)

    def any(self, about: int) -> bool:
        """Whether something is true of one of the calls."""
        return any(site.call.about & about for site in self.sites)

    def method(self, test: Callable[[str], bool]) -> bool:
        """Whether one of the calls' methods passes a test."""
        return any(test(site.method) for site in self.sites)


def _framework(group: Group) -> str | None:
    if group.is_node:
        return "framework_wrapped:langgraph"
    vendors = [site.vendor for site in group.sites if site.vendor in _FRAMEWORKS]
    return f"framework_wrapped:{vendors[0]}" if vendors else None


def _tool_loop(group: Group) -> str | None:
    for site in group.sites:
        looped = site.call.about & (IN_WHILE | IN_FOR)
        if looped and site.call.about & WITH_TOOLS and group.has(_TOOL_ANSWERS):
            return f"tool_use_loop_{site.vendor}"
    return None


def _tool_step(group: Group) -> str | None:
    return "tool_use_step" if group.any(WITH_TOOLS) or "bind_tools" in group.scope.markers else None


def _retry(group: Group) -> str | None:
    decorated = any(_last(each) in {"retry", "on_exception", "on_predicate"} for each in group.scope.bases)
    looped = group.any(IN_TRY) and group.has(frozenset({"sleep", "retry"}))
    return "retry_loop" if decorated or looped else None


def _batch(group: Group) -> str | None:
    return "batch_submission" if group.method(lambda name: "batch" in name.lower()) else None


def _embedding(group: Group) -> str | None:
    return (
        "embedding_pipeline" if group.method(lambda name: any(part in name for part in _EMBEDDING)) else None
    )


def _structured(group: Group) -> str | None:
    parsed = group.method(lambda name: name.rpartition(".")[2].startswith("parse"))
    return "structured_output" if parsed or group.has(_SHAPED) else None


def _fan_out(group: Group) -> str | None:
    return "fan_out" if group.has(_AT_ONCE) else None


def _streaming(group: Group) -> str | None:
    streamed = any(site.call.stream for site in group.sites)
    return "streaming_consumer" if streamed or group.method(lambda name: "stream" in name) else None


def _conversation(group: Group) -> str | None:
    chat = group.method(lambda name: name.startswith("chats.")) and group.any(IN_WHILE | IN_FOR)
    grows = group.any(IN_WHILE) and "append" in group.scope.markers
    return "conversation_loop" if chat or grows else None


def _each_item(group: Group) -> str | None:
    return "loop_over_items" if group.any(IN_FOR) else None


def _single(group: Group) -> str | None:
    return "single_shot" if len(group.sites) == 1 and not group.any(IN_FOR | IN_WHILE) else None


def _sequence(group: Group) -> str | None:
    return "several_calls" if len(group.sites) > 1 and not group.any(IN_FOR | IN_WHILE) else None


_RULES = (
    _framework, _tool_loop, _tool_step, _retry, _batch, _embedding, _structured, _fan_out, _streaming,
    _conversation, _each_item, _single, _sequence,
)  # fmt: skip


def matched(group: Group) -> list[str]:
    """Return the names of the rules that match a function, the one that names it first."""
    return [name for rule in _RULES if (name := rule(group)) is not None]


def _last(expr: object) -> str:
    """Return the last name of a decorator."""
    while isinstance(expr, list | tuple) and expr and expr[0] == "c":
        expr = expr[1]
    return str(expr[-1]) if isinstance(expr, list | tuple) and expr else ""
