"""What a vendor's file provides: where its SDK is wrapped, how its calls are named, and its protocols.

What belongs here is the shape of a vendor and no vendor. Recording a new one means writing one file that
makes a `Vendor`, and naming it in `tessen.vendors`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from tessen import _json
from tessen.usage import Usage

Json = Mapping[str, Any]
"""A parsed JSON object, whose values may be of any type whatever the vendor documents."""


class Failure(NamedTuple):
    """A failure that the vendor states inside an answer, under HTTP 200."""

    names: tuple[str, ...]
    """The vendor's own names for it, such as `overloaded_error`; the one to show first."""
    message: str
    body: Any
    """What the vendor said, parsed."""


def failure_of(error: object, said: object) -> Failure:
    """Return the failure that a vendor's error object describes.

    Args:
        error: The object with `type`, `code` and `message`, as far as it has them.
        said: What to keep as the failure's body.
    """
    told = error if isinstance(error, Mapping) else {"message": error}
    stated = told.get("type"), told.get("code")
    names = tuple(str(name) for name in stated if name and isinstance(name, str | int))
    return Failure(names or ("error",), str(told.get("message") or ""), said)


class Assembler(Protocol):
    """Puts the events of one streamed answer together, as they arrive."""

    chunks: int = 0
    """Events that carried something; pings and end markers do not count."""
    began: bool = False
    """Whether the first piece of content has arrived."""
    done: bool = False
    """Whether the answer's last event has arrived."""
    failure: Failure | None = None
    malformed: bool = False
    """Whether an event's data could not be read."""
    marks_its_end: bool = True
    """Whether a stream of this protocol is known to be whole only by its last event."""
    cut: bool = False
    """Whether only the beginning of what has arrived is kept."""
    usage: Usage | None = None
    """The tokens that were told, where the body does not say them as an answer does."""

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its name, if it had one, and its data."""

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer."""

    def body(self) -> dict[str, Any] | None:
        """Return what has arrived, in the shape of an answer that was not streamed; None for nothing."""


class TypedAssembler(Assembler):
    """An assembler of events that each name their type, the last one included."""

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its name, if it had one, and its data."""
        if data.startswith("[DONE]"):
            return
        try:
            content = _json.parse_event(data)
            self._take(content.get("type") or event or "", content)
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            self.malformed = True
        else:
            self.chunks += 1

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer."""
        return self.done

    def _take(self, kind: str, content: dict[str, Any]) -> None:
        """Take one event, parsed. What it raises says that the event could not be read."""
        raise NotImplementedError


_ORDER = (
    "empty_content_on_stop",
    "truncated_response",
    "refusal",
    "thinking_only_no_output",
    "invalid_tool_call_json",
)


def in_order(found: Collection[str]) -> list[str]:
    """Return the content signals of several choices or candidates, in their order, each once."""
    return [name for name in _ORDER if name in found]


class Dialect(NamedTuple):
    """One protocol in which a model is asked and answers."""

    assembler: Callable[[], Assembler]
    signals: Callable[[bytes | None, Json], list[str]]
    """(request body, whole answer) → the content and cache signals, in their order."""
    failure: Callable[[Json], Failure | None]
    """The failure that an answer states, if it does."""
    model_key: str = "model"
    """The member of an answer that names the model."""


class Endpoint(NamedTuple):
    """One operation of a vendor's API."""

    surface: str | None
    """Its name in events when it is not streamed, such as `messages.create`."""
    dialect: Dialect | None = None
    """None for operations that do not ask a model, and for those whose answers are not taken apart."""
    billed: bool = False
    """Whether the `usage` in its answers is that of this call, and not of one recorded before."""
    streamed_as: str | None = None
    """Its name in events when it is streamed; None: the other one, with `stream` for `create`."""


class Asked(NamedTuple):
    """What a program asks of an SDK's base client, before any request is made."""

    method: str
    """The HTTP method."""
    path: str
    """The address or the path, as the SDK has it."""
    body: Any
    """The request's body, as the SDK has it; None if it has none."""
    stream: bool
    url: Callable[[], str]
    """Gives the address that a request would go to, should none be sent."""
    clients: Callable[[], Iterable[object]]
    """Gives the HTTP clients whose requests are attempts of this call."""


class Trunk(NamedTuple):
    """The methods of an SDK's base clients, through which all of its requests go."""

    module: str
    methods: tuple[str, ...]
    """Such as `SyncAPIClient.request`: functions, coroutines, generators or context managers of these."""
    parameters: tuple[str, ...]
    """What their first parameters are called, which may be given by position."""
    asked: Callable[[Any, Mapping[str, Any]], Asked | None]
    """(base client, arguments by name) → what is asked; None if this is only a part of another call."""


def no_model(address: str) -> str | None:
    """For vendors whose requests name the model in their body."""
    del address
    return None


class Vendor(NamedTuple):
    """One vendor's SDK and API."""

    provider: str
    """Its name in events."""
    host: str
    """What the names of its hosts contain: whose address it is where several have the same paths. Behind a
    proxy, the user agent of its SDK, which contains it too, tells."""
    trunks: tuple[Trunk, ...]
    """Where its SDK is wrapped, in all releases; those that a release does not have do no harm."""
    endpoint: Callable[[str, str], Endpoint]
    """(HTTP method, path) → what that operation is."""
    asks_a_model: Callable[[str], Endpoint | None]
    """Path → the operation, if it is one that asks a model. Used for requests that no SDK of ours made."""
    errors: tuple[tuple[str, str], ...] = ()
    """(module, class) of the exceptions that its SDK raises only after its base client has returned."""
    model_in: Callable[[str], str | None] = no_model
    """Address → the model that it names, where the request's body does not."""

    @property
    def package(self) -> str:
        """The package of the SDK; `google` is only the shelf on which many packages stand."""
        first, _, rest = self.trunks[0].module.partition(".")
        return f"{first}.{rest.partition('.')[0]}" if first == "google" else first


def no_failure(answer: Json) -> Failure | None:
    """For protocols whose failures have an HTTP status."""
    del answer
    return None


_VERBS = ("cancel", "compact", "complete", "search")
"""Last segments of a path that say what is done, and not to what kind of object."""


def generic_surface(method: str, path: str) -> str | None:
    """Name an operation that has no name of its own: resources joined by dots, then a verb.

    `POST /v1/vector_stores/vs_1/files` is `vector_stores.files.create`; a segment with a digit in it stands
    for one object and is left out.
    """
    segments = [segment for segment in path.split("?", 1)[0].strip("/").split("/") if segment]
    if segments and segments[0] in ("v1", "v1beta"):
        del segments[0]
    names = [segment for segment in segments if segment.replace("_", "").isalpha()]
    if not names:
        return None
    one = bool(segments) and segments[-1] not in names
    if method == "POST" and names[-1] in _VERBS and segments[-1] == names[-1]:
        return ".".join(names)
    verbs = {"GET": "retrieve" if one else "list", "DELETE": "delete"}
    verb = verbs.get(method, "update" if one else "create")
    return ".".join((*names, verb))
