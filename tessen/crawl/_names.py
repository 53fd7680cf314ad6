"""What an expression is called, as it stands in the code.

What belongs here is names and dots, never a literal.
"""

from __future__ import annotations

import ast

_DEEP = 40


def dotted(node: ast.AST) -> str:
    """Return an expression as names, dots, `()` and `[]`; `…` for anything else."""
    parts: list[str] = []
    for _ in range(_DEEP):
        if isinstance(node, ast.Attribute):
            parts.append(f".{node.attr}")
            node = node.value
        elif isinstance(node, ast.Call):
            parts.append("()")
            node = node.func
        elif isinstance(node, ast.Subscript):
            parts.append("[]")
            node = node.value
        elif isinstance(node, ast.Await):
            node = node.value
        else:
            break
    parts.append(node.id if isinstance(node, ast.Name) else "…")
    return "".join(reversed(parts))


def last_name(node: ast.AST) -> str | None:
    """Return the last of an expression's names, where it is names and dots."""
    return getattr(node, "attr", None) or getattr(node, "id", None)
