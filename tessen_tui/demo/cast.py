"""Who works in the demo's night: six agents, with the models, prompts and tools that they send.

What belongs here is data that both the live programs and the backlog use, so that the log looks the same
before and after the demo was started.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Api = Literal["anthropic", "openai_chat", "openai_responses"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool an agent may call, with string parameters only."""

    name: str
    about: str
    parameters: tuple[str, ...]

    @property
    def schema(self) -> Json:
        """The JSON schema of its parameters."""
        fields = {name: {"type": "string"} for name in self.parameters}
        return {"type": "object", "properties": fields, "required": list(self.parameters)}


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent of the night."""

    name: str
    """Also the file name of its program."""
    api: Api
    model: str
    system: str
    tools: tuple[Tool, ...]
    streamed: bool
    context: int
    """Input tokens of a conversation's first call: prompts and documents that the demo does not spell out."""
    max_tokens: int
    seconds_between: float
    """Mean pause between two tasks in the backlog, seconds."""
    rest: float = 0.8
    """Mean pause between two tasks in the live part, seconds."""
    cached: bool = False
    """Whether it marks its system prompt for the prompt cache."""

    @property
    def sdk(self) -> str:
        """The package its program imports."""
        return "anthropic" if self.api == "anthropic" else "openai"

    @property
    def system_param(self) -> str | list[Json]:
        """The system prompt as the Messages API takes it."""
        if not self.cached:
            return self.system
        return [{"type": "text", "text": self.system, "cache_control": {"type": "ephemeral"}}]

    @property
    def tool_params(self) -> list[Json]:
        """The tools in the form of the agent's API."""
        if self.api == "anthropic":
            return [{"name": t.name, "description": t.about, "input_schema": t.schema} for t in self.tools]
        flat = [{"name": t.name, "description": t.about, "parameters": t.schema} for t in self.tools]
        if self.api == "openai_chat":
            return [{"type": "function", "function": function} for function in flat]
        return [{"type": "function", "strict": False, **function} for function in flat]


SUPPORT_TRIAGE = Agent(
    name="support_triage",
    api="anthropic",
    model="claude-sonnet-4-6",
    system="You sort incoming customer mail for a bookshop. Look up the order before you promise anything. "
    "Answer in the customer's language, in at most three sentences.",
    tools=(
        Tool("find_order", "Find an order by its number.", ("order_id",)),
        Tool("open_ticket", "Hand a case to a person.", ("queue", "summary")),
    ),
    streamed=False,
    context=1_500,
    max_tokens=1024,
    seconds_between=60,
)

BILLING_RECONCILER = Agent(
    name="billing_reconciler",
    api="anthropic",
    model="claude-haiku-4-5",
    system="You match bank transfers with open invoices. Never guess an amount: use the tools.",
    tools=(
        Tool("get_invoice", "Read an invoice from the ledger.", ("invoice_id",)),
        Tool("match_payment", "Mark an invoice as paid by a transfer.", ("invoice_id", "transfer_id")),
    ),
    streamed=False,
    context=1_900,
    max_tokens=800,
    seconds_between=90,
)

CODE_REVIEWER = Agent(
    name="code_reviewer",
    api="anthropic",
    model="claude-sonnet-4-6",
    system="You review pull requests. Name the file and line of every defect, and say how to mend it.",
    tools=(Tool("read_file", "Read a file of the repository.", ("path",)),),
    streamed=True,
    context=6_000,
    max_tokens=4096,
    seconds_between=170,
    rest=2.2,
)

RESEARCH_SCOUT = Agent(
    name="research_scout",
    api="openai_responses",
    model="gpt-5-mini",
    system="You collect facts for a market report. Give the source of every figure.",
    tools=(Tool("web_search", "Search the web.", ("query",)),),
    streamed=False,
    context=3_200,
    max_tokens=2000,
    seconds_between=110,
)

INVOICE_OCR = Agent(
    name="invoice_ocr",
    api="openai_chat",
    model="gpt-5-nano",
    system="You turn scanned invoices into records. Amounts are in cents.",
    tools=(Tool("save_invoice", "Store one record.", ("supplier", "number", "total_cents", "currency")),),
    streamed=True,
    context=1_600,
    max_tokens=900,
    seconds_between=62,
)

NIGHT_SUMMARISER = Agent(
    name="night_summariser",
    api="anthropic",
    model="claude-opus-4-8",
    system="You write the morning report from the night's log. Facts first, no adjectives.",
    tools=(),
    streamed=True,
    context=9_000,
    max_tokens=3000,
    seconds_between=300,
    cached=True,
    rest=4.0,
)

AGENTS: tuple[Agent, ...] = (
    SUPPORT_TRIAGE,
    BILLING_RECONCILER,
    CODE_REVIEWER,
    RESEARCH_SCOUT,
    INVOICE_OCR,
    NIGHT_SUMMARISER,
)

AGENT_BY_NAME = {agent.name: agent for agent in AGENTS}
