"""What a name can stand for, once it has been followed to where it comes from.

What belongs here are the kinds of values, and what comes of taking an attribute of one, or calling it, as far
as that is a matter of SDKs alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tessen.crawl._constructors import FUNCTIONS, HOLDERS, MODULES, family_made_by
from tessen.crawl._families import FAMILIES, QUIET, SILENT, Family


@dataclass(frozen=True, slots=True)
class Client:
    """An object of a family, or a resource of one."""

    family: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """A name outside of the repository, or what comes of it: `openai.OpenAI`."""

    name: str


@dataclass(frozen=True, slots=True)
class Method:
    """A function that calls a model."""

    vendor: str
    name: str
    family: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """A file of the repository."""

    file: str


@dataclass(frozen=True, slots=True)
class Defined:
    """A class or function of the repository."""

    file: str
    scope: int


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the repository."""

    file: str
    scope: int


@dataclass(frozen=True, slots=True)
class Later:
    """A method of an object of a family that hands out another object."""

    gives: Client


@dataclass(frozen=True, slots=True)
class Function:
    """A lambda, or a function that stands for its result."""

    results: frozenset[Value]


@dataclass(frozen=True, slots=True)
class Several:
    """A list, tuple, set or dict."""

    elements: frozenset[Value]


@dataclass(frozen=True, slots=True)
class Text:
    """The name of a cloud's service."""

    text: str


@dataclass(frozen=True, slots=True)
class Anything:
    """A parameter whose value nobody can tell, or an attribute of one."""

    path: tuple[str, ...] = ()
    """The last of the attributes that led here."""


Value = Client | Foreign | Method | Module | Defined | Instance | Later | Function | Several | Text | Anything
Values = frozenset[Value]
NOTHING: Values = frozenset()
ANYTHING: Values = frozenset({Anything()})
_PATH = 3
"""So many attributes of anything are remembered: as many as a method's look has at most."""


def union(values: Iterable[Values]) -> Values:
    """Return all of several values."""
    return frozenset().union(*values)


def client_attribute(client: Client, name: str) -> Value | None:
    """Return what an attribute of a client is: a resource, a method, or None for anything else."""
    family = FAMILIES[client.family]
    if name in SILENT:
        return client
    if name in family.same and not client.path:
        return Later(client)
    path = (*client.path, name)
    plain = ".".join(part for part in path if part not in QUIET)
    if plain in family.methods:
        return Method(family.vendor, family.prefix + ".".join(path), client.family)
    if plain in family.gives:
        return Later(Client(family.gives[plain]))
    if name in QUIET or _leads_on(family, plain):
        return Client(client.family, path)
    return None


def foreign_attribute(foreign: Foreign, name: str) -> Value | None:
    """Return what a member of a foreign module is: itself by its full name, or a client's method."""
    if foreign.name in HOLDERS:
        return foreign if HOLDERS[foreign.name] != name else Anything()
    for family in MODULES.get(foreign.name, ()):
        found = client_attribute(Client(family), name)
        if found is not None:
            return found
    full = f"{foreign.name}.{name}"
    if full in FUNCTIONS:
        return Method(*FUNCTIONS[full])
    made = family_made_by(foreign.name)
    if made is not None and FAMILIES[made].framework and name in FAMILIES[made].methods:
        return client_attribute(Client(made), name)
    return Foreign(full)


def anything_attribute(value: Anything, name: str) -> Anything:
    """Return an attribute of what nobody can tell."""
    return Anything((*value.path, name)[-_PATH:])


def made_by(foreign: Foreign) -> Value | None:
    """Return what a foreign class or function makes when it is called, with whatever it is given."""
    family = family_made_by(foreign.name)
    if family is not None:
        return Client(family)
    if foreign.name in HOLDERS:
        return foreign
    made = foreign.name.rpartition(".")[2] in {"Session", "session", "get_session"}
    return Foreign("boto3") if made and _of_aws(foreign) else None


def is_known(foreign: Foreign) -> bool:
    """Return whether a name is one of an SDK's, whatever else is called like its module."""
    return family_made_by(foreign.name) is not None or foreign.name in FUNCTIONS


def takes_a_service(foreign: Foreign) -> bool:
    """Return whether a foreign function makes a client of the service that it is given the name of."""
    return foreign.name.rpartition(".")[2] in {"client", "create_client"} and _of_aws(foreign)


def _of_aws(foreign: Foreign) -> bool:
    return foreign.name.partition(".")[0] in {"boto3", "aioboto3", "botocore", "aiobotocore"}


def _leads_on(family: Family, plain: str) -> bool:
    start = f"{plain}."
    return any(method.startswith(start) for method in (*family.methods, *family.gives))
