"""The clients of all vendors; nothing else in the product makes one."""

from .claude import claude, claude_async, claude_on_bedrock, claude_on_vertex
from .gpt import azure, gpt
from .pool import ClientPool

__all__ = ["ClientPool", "azure", "claude", "claude_async", "claude_on_bedrock", "claude_on_vertex", "gpt"]
