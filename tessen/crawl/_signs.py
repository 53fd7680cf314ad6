"""By what a file, a line, a module or a call is known before anything is followed.

What belongs here are the words that are searched for, and the modules that need no search.
"""

from __future__ import annotations

from tessen.crawl._constructors import FUNCTIONS
from tessen.crawl._families import FAMILIES

ALWAYS_FOREIGN = frozenset({
    "anthropic", "openai", "google", "cohere", "mistralai", "boto3", "botocore", "aioboto3", "aiobotocore",
    "litellm", "langchain", "langgraph", "llama_index", "instructor",
})  # fmt: skip
"""Top-level modules that are never a file of the repository, even where one has the name."""

LEADS_NOWHERE = frozenset(
    """__future__ abc argparse base64 csv datetime decimal enum hashlib io json logging math os pathlib random
    re shutil string struct subprocess sys tempfile textwrap time traceback uuid warnings""".split()  # noqa: SIM905
)
"""Modules of Python that make and hand on no client; neither are these files of the repository."""

TOKENS = tuple(
    token.encode()
    for token in (
        "anthropic",
        "openai",
        "genai",
        "generativeai",
        "generative_models",
        "cohere",
        "mistralai",
        "bedrock",
        "litellm",
        "langchain",
        "langgraph",
        "llama_index",
        "deepagents",
        "pydantic_ai",
        "claude_agent_sdk",
        "claude_code_sdk",
        "crewai",
        "Runner",
        "chat.completions",
        "messages.create",
        "messages.stream",
        "responses.create",
        "embeddings.create",
        "generate_content",
        "chat.complete",
        "converse",
        "invoke_model",
    )
)
"""A file with none of these makes no client by itself."""

METHOD_NAMES = frozenset(
    path.rpartition(".")[2] for family in FAMILIES.values() for path in family.methods
) | {name.rpartition(".")[2] for name in FUNCTIONS}


SHAPES = {
    "messages.create": ("anthropic", frozenset({"model", "messages"})),
    "messages.stream": ("anthropic", frozenset({"model", "messages"})),
    "chat.completions.create": ("openai", frozenset({"messages"})),
    "chat.completions.parse": ("openai", frozenset({"messages"})),
    "responses.create": ("openai", frozenset({"model", "input"})),
    "embeddings.create": ("openai", frozenset({"model", "input"})),
    "models.generate_content": ("google_gemini", frozenset({"model", "contents"})),
    "models.generate_content_stream": ("google_gemini", frozenset({"model", "contents"})),
    "chat.complete": ("mistral", frozenset({"model", "messages"})),
    "converse": ("bedrock", frozenset({"modelId"})),
    "invoke_model": ("bedrock", frozenset({"modelId"})),
}
"""Calls that are known by their own look where nobody can say what they are made on: vendor and keywords."""
