"""What the vendors' SDKs and the frameworks look like: constructors, resources, methods that call a model.

What belongs here are tables. A family is a kind of object with the methods that make model calls on it; a
vendor's client is one, and so is the chat that it hands out, or a framework's wrapper.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Family(NamedTuple):
    """Objects of one kind."""

    vendor: str
    methods: frozenset[str]
    """Calls of a model, as dotted paths from the object."""
    same: frozenset[str] = frozenset()
    """Methods that hand out another object of the kind."""
    gives: dict[str, str] = {}  # noqa: RUF012 - never changed
    """Methods that hand out an object of another family."""
    framework: bool = False
    prefix: str = ""
    """What a method is called in the manifest begins with."""


SILENT = frozenset({"with_raw_response", "with_streaming_response", "aio"})
"""Attributes that lead to the same methods, and are not part of their names."""
QUIET = SILENT | {"beta", "v1", "v2"}
"""The same, but part of the name."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SDK_SAME = _names("with_options copy __enter__ __aenter__")
_RUNNABLE = _names("invoke ainvoke stream astream batch abatch batch_as_completed abatch_as_completed "
                   "astream_events astream_log transform atransform")  # fmt: skip
_RUNNABLE_SAME = _names("bind bind_tools bind_functions with_structured_output with_retry with_fallbacks "
                        "with_config with_types configurable_fields configurable_alternatives pipe assign "
                        "pick")  # fmt: skip

FAMILIES = {
    "anthropic": Family(
        "anthropic",
        _names(
            "messages.create messages.stream messages.parse messages.tool_runner messages.batches.create "
            "completions.create"
        ),
        _SDK_SAME,
    ),
    "openai": Family(
        "openai",
        _names(
            "chat.completions.create chat.completions.parse chat.completions.stream responses.create "
            "responses.parse responses.stream responses.compact completions.create embeddings.create "
            "images.generate images.edit images.create_variation audio.transcriptions.create "
            "audio.translations.create audio.speech.create moderations.create batches.create "
            "threads.create_and_run threads.create_and_run_poll threads.create_and_run_stream "
            "threads.runs.create threads.runs.create_and_poll threads.runs.stream "
            "threads.runs.submit_tool_outputs realtime.connect"
        ),
        _SDK_SAME,
    ),
    "openai_old": Family(
        "openai",
        _names(
            "ChatCompletion.create ChatCompletion.acreate Completion.create Completion.acreate "
            "Embedding.create Embedding.acreate Moderation.create Image.create"
        ),
    ),
    "gemini": Family(
        "google_gemini",
        _names(
            "models.generate_content models.generate_content_stream models.embed_content "
            "models.generate_images models.edit_image models.generate_videos live.connect batches.create "
            "interactions.create"
        ),
        _SDK_SAME,
        {"chats.create": "gemini_chat"},
    ),
    "gemini_chat": Family("google_gemini", _names("send_message send_message_stream"), prefix="chats."),
    "gemini_old": Family(
        "google_gemini",
        _names("generate_content generate_content_async"),
        gives={"start_chat": "gemini_old_chat"},
        prefix="models.",
    ),
    "gemini_old_chat": Family("google_gemini", _names("send_message send_message_async"), prefix="chats."),
    "cohere": Family(
        "cohere",
        _names("chat chat_stream generate generate_stream embed rerank classify summarize embed_jobs.create"),
        _SDK_SAME,
    ),
    "mistral": Family(
        "mistral",
        _names(
            "chat.complete chat.complete_async chat.stream chat.stream_async chat.parse chat.parse_async "
            "chat.parse_stream chat.parse_stream_async fim.complete fim.complete_async fim.stream "
            "fim.stream_async agents.complete agents.complete_async agents.stream agents.stream_async "
            "embeddings.create embeddings.create_async ocr.process ocr.process_async classifiers.moderate "
            "classifiers.moderate_chat conversations.start conversations.start_async "
            "conversations.start_stream batch.jobs.create"
        ),
        _SDK_SAME,
    ),
    "mistral_old": Family("mistral", _names("chat chat_stream completion embeddings")),
    "bedrock": Family(
        "bedrock",
        _names(
            "invoke_model invoke_model_with_response_stream converse converse_stream "
            "start_async_invoke invoke_agent retrieve_and_generate"
        ),
        _names("__enter__ __aenter__"),
    ),
    "litellm": Family(
        "litellm",
        _names(
            "completion acompletion text_completion atext_completion embedding aembedding responses "
            "aresponses batch_completion batch_completion_models image_generation aimage_generation "
            "transcription atranscription speech aspeech moderation amoderation rerank arerank "
            "chat.completions.create messages.create anthropic_messages"
        ),
    ),
    "langchain": Family(
        "langchain",
        _RUNNABLE
        | _names(
            "generate agenerate predict apredict predict_messages apredict_messages run arun "
            "call_as_llm apply aapply"
        ),
        _RUNNABLE_SAME,
        framework=True,
    ),
    "langchain_embeddings": Family(
        "langchain",
        _names("embed_query embed_documents aembed_query aembed_documents"),
        framework=True,
    ),
    "langgraph": Family("langgraph", _RUNNABLE, _RUNNABLE_SAME, framework=True),
    "langgraph_builder": Family(
        "langgraph",
        frozenset(),
        _names("add_node add_edge add_conditional_edges add_sequence set_entry_point set_finish_point"),
        {"compile": "langgraph"},
        framework=True,
    ),
    "deepagents": Family("deepagents", _RUNNABLE, _RUNNABLE_SAME, framework=True),
    "openai_agents": Family(
        "openai_agents", _names("run run_sync run_streamed"), framework=True, prefix="Runner."
    ),
    "llama_index": Family(
        "llama_index",
        _names(
            "complete acomplete chat achat stream_chat astream_chat stream_complete astream_complete predict "
            "apredict stream structured_predict astructured_predict chat_with_tools achat_with_tools "
            "predict_and_call"
        ),
        _names("as_structured_llm"),
        framework=True,
    ),
    "llama_index_embeddings": Family(
        "llama_index",
        _names(
            "get_text_embedding get_query_embedding get_text_embedding_batch aget_text_embedding "
            "aget_query_embedding"
        ),
        framework=True,
    ),
    "llama_index_index": Family(
        "llama_index",
        frozenset(),
        gives={"as_query_engine": "llama_index_engine", "as_chat_engine": "llama_index_engine"},
        framework=True,
    ),
    "llama_index_engine": Family(
        "llama_index",
        _names("query aquery chat achat stream_chat astream_chat"),
        framework=True,
        prefix="engine.",
    ),
    "pydantic_ai": Family(
        "pydantic_ai",
        _names("run run_sync run_stream iter run_stream_events"),
        framework=True,
        prefix="Agent.",
    ),
    "claude_agent_sdk": Family(
        "claude_agent_sdk", _names("query"), _names("__aenter__"), framework=True, prefix="ClaudeSDKClient."
    ),
    "crewai": Family(
        "crewai",
        _names("kickoff kickoff_async kickoff_for_each kickoff_for_each_async"),
        framework=True,
        prefix="Crew.",
    ),
}


def _table(module: str, names: str, family: str) -> dict[str, str]:
    return {f"{module}.{name}": family for name in names.split()}


CONSTRUCTORS = {
    **_table("anthropic", "Anthropic AsyncAnthropic Client AsyncClient AnthropicBedrock "
             "AsyncAnthropicBedrock AnthropicVertex AsyncAnthropicVertex AnthropicFoundry "
             "AsyncAnthropicFoundry", "anthropic"),
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

CALLED = frozenset({
    "fastapi.Depends", "fastapi.params.Depends", "fastapi.Security",
    "dependency_injector.providers.Singleton", "dependency_injector.providers.Factory",
})  # fmt: skip
"""Functions that stand for the result of the function they are given."""

_CHAT_CLASS = re.compile(
    r"(?:langchain\w*)(?:\.\w+)*\.(?:Chat(?!Prompt|Message|Generation|History|Result)\w+|(?:Azure)?OpenAI|Anthropic|AnthropicLLM|Cohere|Bedrock\w*|"
    r"VertexAI|GoogleGenerativeAI|MistralAI|LLMChain|ConversationChain|RetrievalQA|AgentExecutor|"
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


ALWAYS_FOREIGN = frozenset({
    "anthropic", "openai", "google", "cohere", "mistralai", "boto3", "botocore", "aioboto3", "aiobotocore",
    "litellm", "langchain", "langgraph", "llama_index", "instructor",
})  # fmt: skip
"""Top-level modules that are never a file of the repository, even where one has the name."""

LEADS_NOWHERE = _names(
    "__future__ abc argparse base64 csv datetime decimal enum hashlib io json logging math os pathlib random "
    "re shutil string struct subprocess sys tempfile textwrap time traceback uuid warnings"
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

BEDROCK_SERVICES = frozenset({"bedrock-runtime", "bedrock-agent-runtime"})

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
