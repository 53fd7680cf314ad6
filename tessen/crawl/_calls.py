"""The calls of a file that might be calls of a model, with what surrounds them.

What belongs here is finding them: lines that hold a method's name are found in the bytes, and only the
statements on such lines are looked into. What the calls are made on is worked out in `_resolve.py`.
"""

from __future__ import annotations

import ast
import hashlib
from typing import Any

from tessen.crawl import _expressions as expressions
from tessen.crawl._callers import callers, children, markers
from tessen.crawl._lines import Lines, of_methods, of_uses
from tessen.crawl._names import dotted
from tessen.crawl._pruning import without_what_leads_nowhere
from tessen.crawl._signs import METHOD_NAMES
from tessen.crawl._source import Source
from tessen.crawl._statements import Place, Statements
from tessen.crawl._summary import IN_FOR, WITH_SYSTEM, WITH_TOOLS, Attribute, Binding, Call, Scope, Summary

_TOOLS = frozenset({"tools", "functions", "toolConfig", "tool_config", "mcp_servers"})
_SYSTEM = frozenset({"system", "instructions", "system_instruction", "preamble", "system_prompt"})
_LOOPED = frozenset({ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp})
_HANDED_ON = frozenset({"partial", "partialmethod"})
_PARTIAL = (["n", "partial"], ["a", ["n", "functools"], "partial"], ["n", "partialmethod"])
_NAMED = ("a", "m")
_MODEL_KEYWORDS = ("model", "modelId", "model_name", "model_id")


class Reader:
    """Reads one parsed file."""

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self._source = source
        self._tree = tree
        self._lines = of_methods(source.data)
        self._statements = Statements(tree, self._lines, source.data)
        self._names = self._other_names()
        uses = of_uses(source.data, self._names) if self._names else self._lines
        if not uses.numbers <= self._lines.numbers:
            self._lines = Lines(self._lines.numbers | uses.numbers)
            self._statements = Statements(tree, self._lines, source.data)
        self._found: list[tuple[ast.Call, Call]] = []
        self._prepared: list[tuple[str | None, ast.Call, Call]] = []
        """Calls that `partial` prepares, and the name of what makes them then."""
        self._called: set[str] = set()
        """Those of the other names that are called."""
        self._graph_nodes: list[str] = []

    def summary(self) -> Summary:
        """Return what is known of the file by itself."""
        statements = self._statements
        for place in statements.places:
            self._look_into(place)
        self._found += [(node, call) for name, node, call in self._prepared if name not in self._called]
        text = self._source.lines() if self._found else []
        calls = [call._replace(comments=_comments_above(text, node)) for node, call in self._found]
        scopes = self._describe(text, {call.scope for call in calls})
        calls = [self._in_its_cell(call) for call in calls]
        return without_what_leads_nowhere(
            Summary(
                scopes,
                statements.bindings,
                statements.attributes,
                statements.returns,
                calls,
                statements.stars,
                sorted(set(self._graph_nodes)),
            )
        )

    def _in_its_cell(self, call: Call) -> Call:
        line, cell = self._source.place(call.line)
        return call._replace(line=line, cell=cell, line_in_file=call.line)

    def _other_names(self) -> set[str]:
        """Return names under which a method is called: imported, or given to a variable."""
        names = set()
        given: tuple[Binding | Attribute, ...] = (*self._statements.bindings, *self._statements.attributes)
        for each in given:
            method = each.value
            if method is not None and method[0] == "c" and method[2] and method[1] in _PARTIAL:
                method = method[2][0]
            if method is not None and method[0] in _NAMED and method[2] in METHOD_NAMES:
                names.add(each.name)
        return names

    def _look_into(self, place: Place) -> None:
        start, scope, around, branch = place
        stack: list[tuple[Any, int]] = [(start, around)]
        while stack:
            node, about = stack.pop()
            kind = type(node)
            if kind is ast.Name or kind is ast.Constant:
                continue
            if kind is ast.Call:
                self._consider(node, place, about)
            elif kind is ast.NamedExpr:
                value = expressions.lower(node.value)
                self._statements.bind(node.target, value, start.lineno, scope, branch)
            elif kind is ast.Lambda:
                self._bind_parameters(node, place)
            elif kind in _LOOPED:
                about |= IN_FOR
                self._bind_comprehension(node, place)
            stack += [(child, about) for child in children(node)]

    def _bind_parameters(self, node: ast.Lambda, place: Place) -> None:
        start, scope, _, branch = place
        inner = (*branch, self._statements.new_branch())
        for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            self._statements.bind(ast.Name(each.arg), ["x"], start.lineno, scope, inner)

    def _bind_comprehension(self, node: Any, place: Place) -> None:
        start, scope, _, branch = place
        for generator in node.generators:
            elements = expressions.lower(generator.iter)
            inner = (*branch, self._statements.new_branch())
            value = ["i", elements] if elements else None
            self._statements.bind(generator.target, value, start.lineno, scope, inner)

    def _consider(self, node: ast.Call, place: Place, about: int) -> None:
        function = node.func
        name = getattr(function, "attr", None) or getattr(function, "id", None)
        if name == "add_node":
            self._graph_nodes += [
                each.id if isinstance(each, ast.Name) else each.attr
                for each in node.args[:2]
                if isinstance(each, ast.Name | ast.Attribute)
            ]
        elif (name in METHOD_NAMES and isinstance(function, ast.Attribute)) or name in self._names:
            self._called.add(name)
            self._found += self._call(node, function, place, about)
        else:
            for each in node.args[:3]:
                if not isinstance(each, ast.Attribute) or each.attr not in METHOD_NAMES:
                    continue
                calls = self._call(node, each, place, about)
                if name in _HANDED_ON:
                    self._prepared += [(_name_given(place[0], node), *found) for found in calls]
                else:
                    self._found += calls

    def _call(
        self, node: ast.Call, function: ast.expr, place: Place, about: int
    ) -> list[tuple[ast.Call, Call]]:
        """Return what is told of a call; nothing where what it is made on leads nowhere."""
        target = expressions.lower(function)
        if target is None:
            return []
        keywords = {each.arg: each.value for each in node.keywords if each.arg}
        inner = {
            each.arg for value in keywords.values() if isinstance(value, ast.Call) for each in value.keywords
        }
        given = keywords.keys() | inner
        about |= WITH_TOOLS * bool(_TOOLS & given) | WITH_SYSTEM * bool(_SYSTEM & given)
        line, col = node.lineno, node.col_offset
        if isinstance(function, ast.Attribute) and function.end_lineno != line:
            line = function.end_lineno or line  # a traceback names the line of the method, in a chain of many
            col = (function.end_col_offset or 0) - len(function.attr)
        call = Call(
            place[1],
            target,
            line,
            col,
            dotted(function.value) if isinstance(function, ast.Attribute) else "",
            [each.arg or "**" for each in node.keywords],
            about,
            place[3],
            _constant(keywords.get("stream"), bool),
            next((_constant(keywords[name], str) for name in _MODEL_KEYWORDS if name in keywords), None),
            [],
        )
        return [(node, call)]

    def _describe(self, text: list[str], wanted: set[int]) -> list[Scope]:
        """Return the scopes, with what is told of those that hold calls."""
        scopes = list(self._statements.scopes)
        named = {number: scopes[number].name for number in wanted if scopes[number].kind == "function"}
        calling = self._callers(set(named.values())) if named else {}
        for number in named:
            node, scope = self._statements.nodes[number], scopes[number]
            scopes[number] = scope._replace(
                docstring=ast.get_docstring(node),
                body_hash=body_hash(text[scope.line - 1 : scope.last_line]),
                hints=_has_hints(node),
                markers=markers(node),
                callers=sorted(calling.get(scope.name, set()) - {_qualified(scopes, number)}),
            )
        return scopes

    def _callers(self, names: set[str]) -> dict[str, set[str]]:
        lines = of_uses(self._source.data, names)
        return callers(self._tree, names, lines) if lines.numbers else {}


def body_hash(lines: list[str]) -> str:
    """Return the SHA-256 of a function's lines, decorators included.

    Args:
        lines: The lines without their ends; an edit of any of them, white space included, changes the hash.
    """
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()


def _has_hints(node: Any) -> bool:
    arguments = node.args
    parameters = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return node.returns is not None or any(each.annotation for each in parameters)


def _qualified(scopes: list[Scope], number: int) -> str:
    scope = scopes[number]
    owner = scopes[scope.parent]
    return f"{owner.name}.{scope.name}" if owner.kind == "class" else scope.name


def _comments_above(text: list[str], node: ast.Call) -> list[str]:
    comments: list[str] = []
    line = node.lineno - 2
    while line >= 0 and (comment := text[line].strip()).startswith("#"):
        comments.append(comment.lstrip("#").strip())
        line -= 1
    return comments[::-1]


def _name_given(statement: Any, value: ast.expr) -> str | None:
    """Return the name that a statement gives to a value."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is not value:
        return None
    target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
    return getattr(target, "attr", None) or getattr(target, "id", None)


def _constant(node: ast.AST | None, kind: type) -> Any:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, kind) else None
