"""What a vendor's file provides: where its SDK is wrapped, how its calls are named, and its protocols.

What belongs here is the shape of a vendor and no vendor. Recording a new one means writing one file that
makes a `Vendor`, and naming it in `tessen.vendors`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

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
    names = tuple(name for name in (told.get("type"), told.get("code")) if name and isinstance(name, str))
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

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its name, if it had one, and its data."""

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer."""

    def body(self) -> dict[str, Any] | None:
        """Return what has arrived, in the shape of an answer that was not streamed; None for nothing."""


class Dialect(NamedTuple):
    """One protocol in which a model is asked and answers."""

    assembler: Callable[[], Assembler]
    signals: Callable[[bytes | None, Json], list[str]]
    """(request body, whole answer) → the content and cache signals, in their order."""
    failure: Callable[[Json], Failure | None]
    """The failure that an answer states, if it does."""


class Endpoint(NamedTuple):
    """One operation of a vendor's API."""

    surface: str | None
    """Its name in events when it is not streamed, such as `messages.create`."""
    dialect: Dialect | None = None
    """None for operations that do not ask a model, and for those whose answers are not taken apart."""
    billed: bool = False
    """Whether the `usage` in its answers is that of this call, and not of one recorded before."""


class Vendor(NamedTuple):
    """One vendor's SDK and API."""

    provider: str
    """Its name in events."""
    base_client: str
    """The module that holds the SDK's base clients, `SyncAPIClient` and `AsyncAPIClient`."""
    endpoint: Callable[[str, str], Endpoint]
    """(HTTP method, path) → what that operation is."""
    asks_a_model: Callable[[str], Endpoint | None]
    """Path → the operation, if it is one that asks a model. Used for requests that no SDK of ours made."""

    @property
    def package(self) -> str:
        """The package of the SDK; `google` is only the shelf on which many packages stand."""
        first, _, rest = self.base_client.partition(".")
        return f"{first}.{rest.partition('.')[0]}" if first == "google" else first


def no_failure(answer: Json) -> Failure | None:
    """For protocols whose failures have an HTTP status."""
    del answer
    return None


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
    verbs = {"GET": "retrieve" if one else "list", "DELETE": "delete"}
    verb = verbs.get(method, "update" if one else "create")
    return ".".join((*names, verb))
