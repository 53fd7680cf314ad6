"""What is known of one file by itself: its scopes, what its names are bound to, and the calls worth a look.

What belongs here are the records that pass between processes and lie in the cache, so they are made of
nothing but strings, numbers and lists. Nothing of another file is in them: who imports whom is worked out
anew each time, from these.

An `Expr` is as much of an expression as is needed to say where a value comes from:

    ["n", name]                        a name
    ["a", expr, attribute]             an attribute of something
    ["c", expr, [expr…], {kw: expr}]   the result of a call
    ["t", expr]                        an instance of a type, from an annotation
    ["i", expr]                        an element, by subscript or iteration
    ["l", [expr…]]                     a list, tuple, set or the values of a dict
    ["o", [expr…]]                     one of several
    ["p", [expr…]]                     values joined by `|`
    ["s", text]                        the name of a cloud's service
    ["m", module, name, level]         an import; name "" is the module itself
    ["x"]                              a parameter, which anybody may pass anything for
    ["^", expr]                        what it is in the scope around: `def f(client=client)`
    ["self", scope]                    an instance of the class that this scope is
    ["d", scope]                       the class or function that this scope is
    ["f", expr]                        a lambda with this result
    None                               anything else
"""

from __future__ import annotations

from typing import Any, NamedTuple

Expr = Any

MODULE = 0
"""The scope of a file's own names."""

IN_WHILE, IN_FOR, IN_WITH, IN_ASYNC_WITH, IN_TRY, WITH_TOOLS, WITH_SYSTEM = (1 << bit for bit in range(7))
"""What surrounds a call within its function (IN_TRY: a try within a loop), and what it is given."""


class Scope(NamedTuple):
    """A module, class or function."""

    kind: str
    """module, class or function."""
    name: str
    parent: int
    line: int
    last_line: int
    bases: list[Expr]
    """A class's bases; a function's decorators."""
    docstring: str | None = None
    body_hash: str | None = None
    hints: bool = False
    markers: tuple[str, ...] | list[str] = ()
    """Which of the rules' marks occur in a function that holds calls."""
    callers: tuple[str, ...] | list[str] = ()
    """Functions of the file that call this one."""


class Binding(NamedTuple):
    """A name that is given a value."""

    scope: int
    name: str
    value: Expr
    line: int
    branch: tuple[int, ...] | list[int]
    """The branches that lead there: two numbers that differ only in their last bit exclude each other."""


class Attribute(NamedTuple):
    """An attribute that instances of a class are given."""

    scope: int
    """The class."""
    name: str
    value: Expr
    within: int
    """The scope that the value stands in."""


class Call(NamedTuple):
    """A call that might be one of a model."""

    scope: int
    target: Expr
    line: int
    col: int
    receiver: str
    kwargs: list[str]
    about: int
    """IN_WHILE and so on."""
    branch: tuple[int, ...] | list[int]
    stream: bool | None
    model: str | None
    comments: list[str]
    cell: int = 0
    """The number of a notebook's cell, from 1."""
    line_in_file: int = 0
    """Its line, counted over all cells of a notebook."""


class Summary(NamedTuple):
    """One file."""

    scopes: list[Scope]
    bindings: list[Binding]
    attributes: list[Attribute]
    returns: list[Binding]
    """What functions return or yield; the scope is the function, the name empty."""
    calls: list[Call]
    stars: list[Expr]
    """Modules whose names are all imported."""
    nodes: list[str]
    """Functions that are made nodes of a graph."""


class Record(NamedTuple):
    """What is known of one file, parsed or not."""

    imports: list[list[Any]]
    """[module, level, [names…]] of each import, found without parsing."""
    names_vendor: bool
    """Whether it says enough to be parsed in any case."""
    summary: Summary | None = None
    problem: str | None = None
    """Why it could not be read."""


def from_json(value: list[Any]) -> Record:
    """Make a record of what JSON gave back of one."""
    imports, names_vendor, summary, problem = value
    return Record(imports, names_vendor, _summary(summary) if summary else None, problem)


def _summary(value: list[Any]) -> Summary:
    scopes, bindings, attributes, returns, calls, stars, nodes = value
    return Summary(
        [Scope(*each) for each in scopes],
        [Binding(*each) for each in bindings],
        [Attribute(*each) for each in attributes],
        [Binding(*each) for each in returns],
        [Call(*each) for each in calls],
        stars,
        nodes,
    )
