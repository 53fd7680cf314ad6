"""What objects the vendors' SDKs and the frameworks have, and which of their methods call a model.

What belongs here is a table. A family is a kind of object with the methods that make model calls on it; a
vendor's client is one, and so is the chat that it hands out, or a framework's wrapper.
"""

from __future__ import annotations

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
            "messages.count_tokens completions.create"
        ),
        _SDK_SAME,
    ),
    "openai": Family(
        "openai",
        _names(
            "chat.completions.create chat.completions.parse chat.completions.stream responses.create "
            "responses.parse responses.stream responses.compact responses.input_tokens.count "
            "completions.create embeddings.create images.generate images.edit images.create_variation "
            "audio.transcriptions.create audio.translations.create audio.speech.create "
            "moderations.create batches.create threads.create_and_run threads.create_and_run_poll "
            "threads.create_and_run_stream threads.runs.create threads.runs.create_and_poll "
            "threads.runs.stream threads.runs.submit_tool_outputs realtime.connect"
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
            "models.generate_content models.generate_content_stream models.embed_content models.count_tokens "
            "models.compute_tokens "
            "models.generate_images models.edit_image models.upscale_image models.recontext_image "
            "models.segment_image models.generate_videos live.connect batches.create "
            "batches.create_embeddings "
            "interactions.create"
        ),
        _SDK_SAME,
        {"chats.create": "gemini_chat"},
    ),
    "gemini_chat": Family("google_gemini", _names("send_message send_message_stream"), prefix="chats."),
    "gemini_old": Family(
        "google_gemini",
        _names("generate_content generate_content_async count_tokens count_tokens_async"),
        gives={"start_chat": "gemini_old_chat"},
        prefix="models.",
    ),
    "gemini_old_chat": Family("google_gemini", _names("send_message send_message_async"), prefix="chats."),
    "cohere": Family(
        "cohere",
        _names(
            "chat chat_stream generate generate_stream embed rerank classify summarize embed_jobs.create "
            "tokenize detokenize"
        ),
        _SDK_SAME,
    ),
    "mistral": Family(
        "mistral",
        _names(
            "chat.complete chat.complete_async chat.stream chat.stream_async chat.parse chat.parse_async "
            "chat.parse_stream chat.parse_stream_async fim.complete fim.complete_async fim.stream "
            "fim.stream_async agents.complete agents.complete_async agents.stream agents.stream_async "
            "embeddings.create embeddings.create_async ocr.process ocr.process_async classifiers.moderate "
            "classifiers.classify "
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
