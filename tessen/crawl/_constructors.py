"""What makes the objects of the families, and hands them on: classes and functions by their full names.

What belongs here are tables of names outside of the repository, and patterns for those that are too many.
"""

from __future__ import annotations

import re


def _table(module: str, names: str, family: str) -> dict[str, str]:
    return {f"{module}.{name}": family for name in names.split()}


CONSTRUCTORS = {
    **_table("anthropic", "Anthropic AsyncAnthropic Client AsyncClient AnthropicBedrock "
             "AsyncAnthropicBedrock AnthropicVertex AsyncAnthropicVertex AnthropicFoundry "
             "AsyncAnthropicFoundry AnthropicAWS AsyncAnthropicAWS AnthropicBedrockMantle "
             "AsyncAnthropicBedrockMantle AnthropicGoogleCloud AsyncAnthropicGoogleCloud", "anthropic"),
    **_table("anthropic.lib.bedrock", "AnthropicBedrock AsyncAnthropicBedrock", "anthropic"),
    **_table("anthropic.lib.vertex", "AnthropicVertex AsyncAnthropicVertex", "anthropic"),
    **_table("openai", "OpenAI AsyncOpenAI Client AsyncClient AzureOpenAI AsyncAzureOpenAI", "openai"),
    **_table("openai.lib.azure", "AzureOpenAI AsyncAzureOpenAI", "openai"),
    **_table("langfuse.openai", "OpenAI AsyncOpenAI AzureOpenAI AsyncAzureOpenAI", "openai"),
    **_table("posthog.ai.openai", "OpenAI AsyncOpenAI", "openai"),
    **_table("posthog.ai.anthropic", "Anthropic AsyncAnthropic", "anthropic"),
    **_table("google.genai", "Client client.Client", "gemini"),
    **_table("google.genai.client", "Client AsyncClient", "gemini"),
    **_table("google.generativeai", "GenerativeModel", "gemini_old"),
    **_table("google.generativeai.generative_models", "GenerativeModel", "gemini_old"),
    **_table("vertexai.generative_models", "GenerativeModel", "gemini_old"),
    **_table("vertexai.preview.generative_models", "GenerativeModel", "gemini_old"),
    **_table("cohere", "Client AsyncClient ClientV2 AsyncClientV2 BedrockClient BedrockClientV2 "
             "SagemakerClient AwsClient AwsClientV2", "cohere"),
    **_table("mistralai", "Mistral MistralAzure client.Mistral", "mistral"),
    **_table("mistralai.client", "Mistral", "mistral"),
    **_table("mistralai_azure", "MistralAzure", "mistral"),
    **_table("mistralai_gcp", "MistralGoogleCloud", "mistral"),
    **_table("mistralai.client", "MistralClient", "mistral_old"),
    **_table("mistralai.async_client", "MistralAsyncClient", "mistral_old"),
    **_table("litellm", "Router router.Router LiteLLM", "litellm"),
    **_table("litellm.router", "Router", "litellm"),
    **_table("langgraph.graph", "StateGraph MessageGraph Graph", "langgraph_builder"),
    **_table("langgraph.graph.state", "StateGraph CompiledStateGraph", "langgraph_builder"),
    **_table("langgraph.prebuilt", "create_react_agent", "langgraph"),
    **_table("langgraph_supervisor", "create_supervisor", "langgraph_builder"),
    **_table("langgraph.pregel", "Pregel", "langgraph"),
    **_table("langchain.agents", "create_agent", "langgraph"),
    **_table("deepagents", "create_deep_agent async_create_deep_agent", "deepagents"),
    **_table("agents", "Runner", "openai_agents"),
    **_table("agents.run", "Runner", "openai_agents"),
    **_table("pydantic_ai", "Agent", "pydantic_ai"),
    **_table("pydantic_ai.agent", "Agent", "pydantic_ai"),
    **_table("claude_agent_sdk", "ClaudeSDKClient", "claude_agent_sdk"),
    **_table("crewai", "Crew crew.Crew", "crewai"),
}  # fmt: skip
"""Classes and factories, by their full name, and the family of what they make."""

MODULES = {"openai": ("openai", "openai_old"), "langfuse.openai.openai": ("openai",), "litellm": ("litellm",)}
"""Modules that are clients themselves."""

FUNCTIONS = {
    "google.generativeai.embed_content": ("google_gemini", "models.embed_content"),
    "google.generativeai.generate_text": ("google_gemini", "generate_text"),
    "claude_agent_sdk.query": ("claude_agent_sdk", "query"),
    "claude_code_sdk.query": ("claude_agent_sdk", "query"),
    "llama_index.core.llms.chat": ("llama_index", "chat"),
}
"""Functions that call a model, by their full name: vendor and method."""

WRAPPERS = frozenset({
    "instructor.from_openai", "instructor.from_anthropic", "instructor.from_genai", "instructor.from_gemini",
    "instructor.from_cohere", "instructor.from_mistral", "instructor.from_litellm", "instructor.from_bedrock",
    "instructor.patch", "instructor.apatch", "langsmith.wrappers.wrap_openai",
    "langsmith.wrappers.wrap_anthropic", "langsmith.wrap_openai", "braintrust.wrap_openai",
    "braintrust.wrap_anthropic", "weave.op", "typing.cast", "copy.copy", "copy.deepcopy",
    "contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext",
})  # fmt: skip
"""Functions that hand back one of the objects they are given."""

CALLED = frozenset({"fastapi.Depends", "fastapi.params.Depends", "fastapi.Security"})
"""Functions that stand for the result of the function they are given."""

PROVIDERS = frozenset(
    f"dependency_injector.providers.{name}"
    for name in ("Callable", "Coroutine", "Factory", "Object", "Resource", "Singleton",
                 "ThreadLocalSingleton", "ThreadSafeSingleton")
)  # fmt: skip
"""Classes whose objects, when they are called, give what the function makes that they were given."""

PARTIAL = frozenset({"functools.partial", "functools.partialmethod"})
"""Functions that prepare a call of the function they are given."""

TAKING = frozenset(
    name.rpartition(".")[2]
    for name in (*WRAPPERS, *CALLED, *PARTIAL, *PROVIDERS, ".client", ".create_client")
)
"""Last names of functions of which it matters what they are given."""

HOLDERS = dict.fromkeys(
    ("fastapi.FastAPI", "fastapi.Request", "fastapi.WebSocket", "fastapi.requests.Request",
     "fastapi.requests.HTTPConnection", "starlette.applications.Starlette", "starlette.requests.Request",
     "starlette.requests.HTTPConnection", "starlette.websockets.WebSocket"),
    "state",
)  # fmt: skip
"""Classes whose objects have an attribute on which a program may keep anything."""

_CHAT_CLASS = re.compile(
    r"(?:langchain\w*)(?:\.\w+)*\.(?:\w*Chat(?!Prompt|Message|Generation|History|Result)\w+|BaseLLM|"
    r"BaseLanguageModel|(?:Azure)?OpenAI|Anthropic|AnthropicLLM|Cohere|Bedrock\w*|VertexAI|"
    r"GoogleGenerativeAI|MistralAI|LLMChain|ConversationChain|RetrievalQA|AgentExecutor|"
    r"init_chat_model|initialize_agent|create_\w+_(?:chain|agent))"
)
_EMBEDDINGS_CLASS = re.compile(r"langchain\w*(?:\.\w+)*\.(?:\w+Embeddings|init_embeddings)")
_LLAMA_LLM = re.compile(
    r"llama_index\.(?:llms|core\.llms|legacy\.llms)(?:\.\w+)*\.(?!Chat|Completion|Message)[A-Z]\w+"
)
_LLAMA_EMBEDDING = re.compile(r"llama_index\.(?:embeddings|core\.embeddings)(?:\.\w+)*\.[A-Z]\w+")
_LLAMA_INDEX = re.compile(r"llama_index\.core(?:\.indices(?:\.\w+)*)?\.\w+Index")
_BY_PATTERN = (
    (_EMBEDDINGS_CLASS, "langchain_embeddings"),
    (_CHAT_CLASS, "langchain"),
    (_LLAMA_LLM, "llama_index"),
    (_LLAMA_EMBEDDING, "llama_index_embeddings"),
    (_LLAMA_INDEX, "llama_index_index"),
)
_CLASS_METHODS = frozenset(
    {"from_documents", "from_vector_store", "from_chain_type", "from_llm", "from_tools"}
)


def family_made_by(name: str) -> str | None:
    """Return the family of what a class or function makes, by its full name, or None."""
    family = CONSTRUCTORS.get(name)
    if family is not None or not name.startswith(("langchain", "llama_index")):
        return family
    owner, _, method = name.rpartition(".")
    full = owner if method in _CLASS_METHODS else name
    return next((family for pattern, family in _BY_PATTERN if pattern.fullmatch(full)), None)


BEDROCK_SERVICES = frozenset({"bedrock-runtime", "bedrock-agent-runtime"})
"""Services of AWS whose clients call models."""
