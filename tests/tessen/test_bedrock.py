"""Amazon Bedrock, asked by the real botocore over a server that speaks its framing."""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

import anthropic
import boto3
import botocore.config
import botocore.exceptions
import pytest
import requests

from tessen._aws_events import AwsEventParser
from tessen.blocks import Media, Text, Thinking, Tool, ToolCall, ToolResult
from tessen.exchange import Exchange
from tests.aws_frames import message

CLAUDE = "anthropic.claude-haiku-4-5-v1:0"
NOVA = "amazon.nova-lite-v1:0"
SECRETS = ("AKIAEXAMPLEOFATEST00", "secret-access-key-of-the-test", "session-token-of-the-test")
ASK: dict[str, Any] = {"modelId": NOVA, "messages": [{"role": "user", "content": [{"text": "count"}]}]}
USAGE = {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10, "cacheReadInputTokens": 2}


class Reply(NamedTuple):
    status: int
    body: bytes
    kind: str = "application/json"
    cut: bool = False


def stream(*messages: bytes, cut: bool = False) -> Reply:
    return Reply(200, b"".join(messages), "application/vnd.amazon.eventstream", cut)


def wrapped(event: dict[str, Any]) -> bytes:
    """One event of a model's own protocol."""
    return message("chunk", {"bytes": base64.b64encode(json.dumps(event).encode()).decode(), "p": "abc"})


CONVERSED = {
    "output": {"message": {"role": "assistant", "content": [{"text": "one two"}]}},
    "stopReason": "end_turn",
    "usage": USAGE,
    "metrics": {"latencyMs": 5},
}
CONVERSE_EVENTS = [
    message("messageStart", {"role": "assistant"}),
    message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "one "}}),
    message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "two"}}),
    message("contentBlockStop", {"contentBlockIndex": 0}),
    message("messageStop", {"stopReason": "end_turn"}),
    message("metadata", {"usage": USAGE, "metrics": {"latencyMs": 5}}),
]
CLAUDE_EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m", "role": "assistant", "model": "claude", "content": [],
                                          "usage": {"input_tokens": 5, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "one two"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
]  # fmt: skip


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: deque[Reply] = deque()
        self.asked: list[tuple[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, json.loads(body)))
        reply = self.server.replies.popleft()
        self.send_response(reply.status)
        self.send_header("content-type", reply.kind)
        self.send_header("x-amzn-requestid", f"request-{len(self.server.asked)}")
        if reply.status == 429:
            self.send_header("x-amzn-errortype", "ThrottlingException")
        self.send_header("content-length", str(len(reply.body) + reply.cut))
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = reply.cut

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def aws() -> Iterator[Server]:
    with Server() as running:
        Thread(target=lambda: running.serve_forever(0.01), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def client(aws: Server, log: Any) -> Any:
    key, secret, token = SECRETS
    return boto3.client(
        "bedrock-runtime",
        region_name="eu-west-1",
        endpoint_url=aws.url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=botocore.config.Config(retries={"total_max_attempts": 2, "mode": "standard"}),
    )


def reply(body: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode())


def test_converse(client: Any, aws: Server, log: Any) -> None:
    aws.replies.append(reply(CONVERSED))
    answer = client.converse(**ASK)
    event = log.one()
    assert answer["output"] == event["casted_response"]["output"] == CONVERSED["output"]
    assert (event["provider"], event["surface"], event["_tessen_tier"]) == ("bedrock", "converse", 3)
    assert (event["status"], event["quality_signals"], event["model"]) == ("ok", [], NOVA)
    assert event["request_body"] == aws.asked[0][1] == {"messages": ASK["messages"]}
    assert event["http_url"] == f"{aws.url}/model/amazon.nova-lite-v1%3A0/converse"
    assert event["usage"] == {
        **{"input_tokens": 9, "output_tokens": 3, "cache_read_tokens": 2},
        **{"cache_write_tokens": 0, "reasoning_tokens": 0},
    }
    assert event["call_site"]["func"] == "test_converse"
    assert event["response_headers"] == {"x-amzn-requestid": "request-1"}


def test_converse_streamed_is_the_same_answer(client: Any, aws: Server, log: Any) -> None:
    aws.replies.append(stream(*CONVERSE_EVENTS))
    read = [next(iter(event)) for event in client.converse_stream(**ASK)["stream"]]
    event = log.one()
    assert event["response_body"] == CONVERSED
    assert (event["surface"], event["streamed"], event["status"]) == ("converse.stream", True, "ok")
    assert event["chunks_captured"] == len(read) == 6
    assert event["ttft_ms"] > 0
    assert event["usage"]["input_tokens"] == 9


def test_tools_and_thinking_in_a_stream(client: Any, aws: Server, log: Any) -> None:
    use = {"toolUse": {"toolUseId": "t", "name": "f"}}
    pieces = [
        {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "let "}}},
        {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "me"}}},
        {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}},
        {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"a":'}}},
        {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "1}"}}},
    ]
    end = [message("messageStop", {"stopReason": "tool_use"}), message("metadata", {"usage": USAGE})]
    start = message("contentBlockStart", {"contentBlockIndex": 1, "start": use})
    for cut in (5, 4):
        deltas = [message("contentBlockDelta", piece) for piece in pieces[:cut]]
        aws.replies.append(stream(CONVERSE_EVENTS[0], *deltas[:3], start, *deltas[3:], *end))
        list(client.converse_stream(**ASK)["stream"])
    whole, broken = (event["response_body"]["output"]["message"]["content"] for event in log.events())
    assert whole == [
        {"reasoningContent": {"reasoningText": {"text": "let me", "signature": "s"}}},
        {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}},
    ]
    assert broken[1]["toolUse"]["input"] == '{"a":'
    assert [event["quality_signals"] for event in log.events()] == [[], ["invalid_tool_use_json"]]


def test_what_is_wrong_with_an_answer(client: Any, aws: Server, log: Any) -> None:
    thought = {"reasoningContent": {"reasoningText": {"text": "hm"}}}
    answers: list[tuple[str, list[Any], list[str]]] = [
        ("end_turn", [], ["empty_content_on_end_turn"]),
        ("end_turn", [{"text": "one"}], []),
        ("max_tokens", [{"text": "one"}], ["truncated_response"]),
        ("guardrail_intervened", [{"text": "no"}], ["refusal"]),
        ("end_turn", [thought], ["thinking_only_no_output"]),
        ("end_turn", [thought, {"text": "one"}], []),
    ]
    for stop, content, _ in answers:
        output = {"message": {"role": "assistant", "content": content}}
        aws.replies.append(reply({**CONVERSED, "output": output, "stopReason": stop}))
        client.converse(**ASK)
    assert [event["quality_signals"] for event in log.events()] == [signals for _, _, signals in answers]


def test_invoke_carries_the_makers_own_protocol(client: Any, aws: Server, log: Any) -> None:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []}
    whole = {"type": "message", "content": [{"type": "text", "text": "one"}], "stop_reason": "max_tokens"}
    nova = [{"messageStart": {"role": "assistant"}},
            {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "hi"}}},
            {"messageStop": {"stopReason": "end_turn"}}, {"metadata": {"usage": USAGE}}]  # fmt: skip
    figures = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 5}}
    aws.replies += [
        reply({**whole, "usage": {"input_tokens": 5, "output_tokens": 9}}),
        stream(*map(wrapped, CLAUDE_EVENTS)),
        stream(*map(wrapped, nova)),
        stream(wrapped({"generation": "a"}), wrapped({"generation": "b", **figures})),
    ]
    client.invoke_model(modelId=CLAUDE, body=json.dumps(body))["body"].read()
    for model in (CLAUDE, NOVA, "meta.llama"):
        list(client.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))["body"])
    plain, claude, nova_event, llama = log.events()
    assert (plain["surface"], plain["quality_signals"]) == ("invoke_model", ["truncated_response"])
    assert plain["usage"]["input_tokens"] == 5
    assert claude["surface"] == "invoke_model.stream"
    assert claude["response_body"]["content"] == [{"type": "text", "text": "one two"}]
    assert claude["usage"]["output_tokens"] == 4
    assert nova_event["response_body"]["output"]["message"]["content"] == [{"text": "hi"}]
    assert llama["response_body"] == {"chunks": [{"generation": "a"}, {"generation": "b", **figures}]}
    assert {event["status"] for event in log.events()} == {"ok"}


def test_retries_and_failures(client: Any, aws: Server, log: Any) -> None:
    throttled = reply({"message": "Too many requests"}, 429)
    aws.replies += [
        throttled,
        reply(CONVERSED),
        throttled,
        throttled,
        reply({"message": "no such model"}, 400),
    ]
    client.converse(**ASK)
    with pytest.raises(client.exceptions.ThrottlingException):
        client.converse(**ASK)
    with pytest.raises(botocore.exceptions.ClientError):
        client.converse(**ASK)
    retried, limited, refused = log.events()
    assert [attempt["status"] for attempt in retried["attempts"]] == [429, 200]
    assert [attempt["request_id"] for attempt in retried["attempts"]] == ["request-1", "request-2"]
    assert (retried["status"], retried["quality_signals"]) == ("ok", ["silent_retry"])
    assert limited["quality_signals"] == ["rate_limited", "silent_retry"]
    assert limited["error"]["type"] == "ThrottlingException"
    assert limited["error"]["body"]["Message"] == "Too many requests"
    assert refused["quality_signals"] == ["invalid_request"]


def test_the_ways_in_which_a_stream_ends(client: Any, aws: Server, log: Any) -> None:
    failure = message("throttlingException", {"message": "slow down"}, "exception")
    aws.replies += [
        stream(*CONVERSE_EVENTS[:3], failure),
        stream(*CONVERSE_EVENTS[:3]),
        stream(*CONVERSE_EVENTS[:3], cut=True),
        stream(*CONVERSE_EVENTS),
    ]
    with pytest.raises(botocore.exceptions.EventStreamError):
        list(client.converse_stream(**ASK)["stream"])
    list(client.converse_stream(**ASK)["stream"])
    list(client.converse_stream(**ASK)["stream"])  # botocore takes what came for all there is
    left = client.converse_stream(**ASK)["stream"]
    next(iter(left))
    left.close()
    failed, unfinished, cut, _ = log.events()
    assert (failed["status"], failed["error"]["type"]) == ("error", "throttlingException")
    assert failed["quality_signals"] == ["rate_limited"]
    assert unfinished["error"]["type"] == "IncompleteStream"
    assert cut["quality_signals"] == unfinished["quality_signals"] == ["connection_error"]
    assert all(event["response_body"]["output"]["message"]["content"] for event in log.events())


def test_no_credential_in_any_byte(client: Any, aws: Server, log: Any) -> None:
    aws.replies += [
        reply({**CONVERSED, "additionalModelResponseFields": {"echo": SECRETS[0]}}),
        reply({"message": f"bad token {SECRETS[2]}"}, 403),
    ]
    client.converse(**ASK)
    with pytest.raises(botocore.exceptions.ClientError):
        client.converse(**ASK)
    assert len(log.lines()) == 2
    for secret in (*SECRETS, "Signature="):
        assert secret.encode() not in b"".join(log.lines())


def test_the_sdk_of_a_maker_on_bedrock(aws: Server, log: Any) -> None:
    """It speaks its own protocol in Amazon's framing, and is the first tier as ever."""
    key, secret, token = SECRETS
    claude = anthropic.AnthropicBedrock(
        base_url=aws.url,
        aws_access_key=key,
        aws_secret_key=secret,
        aws_session_token=token,
        aws_region="eu-west-1",
    )
    aws.replies.append(stream(*map(wrapped, CLAUDE_EVENTS)))
    list(claude.messages.create(model=CLAUDE, max_tokens=9, messages=[], stream=True))
    event = log.one()
    assert (event["_tessen_tier"], event["provider"], event["surface"]) == (1, "anthropic", "messages.stream")
    assert event["response_body"]["content"] == [{"type": "text", "text": "one two"}]


def test_asked_by_hand(aws: Server, log: Any) -> None:
    aws.replies.append(reply(CONVERSED))
    requests.post(f"{aws.url}/model/{NOVA}/converse", json={"messages": ASK["messages"]})
    event = log.one()
    assert (event["provider"], event["surface"], event["model"]) == ("bedrock", "converse", NOVA)


def test_another_service_and_another_operation(client: Any, aws: Server, log: Any) -> None:
    aws.replies += [reply({"inputTokens": 3}), Reply(200, b"<a/>", "text/xml")]
    client.count_tokens(modelId=NOVA, input={"converse": {"messages": ASK["messages"]}})
    keys = {"aws_access_key_id": "k" * 20, "aws_secret_access_key": "s" * 20}
    boto3.client("sts", region_name="eu-west-1", endpoint_url=aws.url, **keys)
    event = log.one()
    assert event["surface"] == "count_tokens"
    assert "usage" not in event


def test_a_conversation_is_read_back(client: Any, aws: Server, log: Any) -> None:
    use = {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}}
    found = {"toolResult": {"toolUseId": "t", "content": [{"text": "found"}], "status": "error"}}
    image = {"image": {"format": "png", "source": {"bytes": b"123456"}}}
    thought = {"reasoningContent": {"reasoningText": {"text": "hm"}}}
    spec = {"name": "f", "description": "d", "inputSchema": {"json": {"type": "object"}}}
    content = [thought, {"text": "done"}, use]
    aws.replies.append(reply({**CONVERSED, "output": {"message": {"role": "assistant", "content": content}}}))
    client.converse(
        modelId=NOVA,
        system=[{"text": "be brief"}],
        messages=[
            {"role": "user", "content": [{"text": "look"}, image]},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [found]},
        ],
        toolConfig={"tools": [{"toolSpec": spec}]},
        inferenceConfig={"maxTokens": 9},
    )
    exchange = Exchange.from_event(log.one())
    assert exchange.model == NOVA
    assert exchange.request.system == (Text("be brief"),)
    assert exchange.request.tools == (Tool("f", "d", {"type": "object"}),)
    assert exchange.request.params == {"inferenceConfig": {"maxTokens": 9}}
    assert [message.blocks for message in exchange.request.messages] == [
        (Text("look"), Media("image", "png", 6, None)),
        (ToolCall("t", "f", {"a": 1}),),
        (ToolResult("t", (Text("found"),), is_error=True),),
    ]
    (answer,) = exchange.answers
    assert answer.blocks == (Thinking("hm"), Text("done"), ToolCall("t", "f", {"a": 1}))
    assert (answer.role, answer.stop_reason) == ("assistant", "end_turn")
    for hostile in (
        {"output": {"message": {"content": ["x", {"toolUse": 3}, {}]}}},
        {"output": {"message": {}}},
    ):
        assert Exchange.from_event({"surface": "converse", "casted_response": hostile}).answers


def test_events_split_anywhere() -> None:
    data = b"".join(CONVERSE_EVENTS)
    for size in (1, 7, 100):
        parser = AwsEventParser()
        events = [event for at in range(0, len(data), size) for event in parser.feed(data[at : at + size])]
        assert [kind for kind, _ in events][:2] == ["messageStart", "contentBlockDelta"]
        assert len(events) == 6
