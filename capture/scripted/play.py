"""A script being played: which answer is next."""

from __future__ import annotations

from collections import deque

from capture.scripted.answer import Answer, ErrorAnswer
from capture.scripted.script import Asked, Rule, Script

SIDE_PROTOCOLS = ("count_tokens", "embeddings", "rerank", "models")
"""Requests beside the model calls. They take no answers but from rules that name them."""


class Play:
    """A script, and how far it has got.

    Not safe to share between threads, but for `enqueue` and `clear`.
    """

    def __init__(self, script: Script) -> None:
        self._rules = [_RuleInPlay(rule, number) for number, rule in enumerate(script.rules, 1)]
        self._otherwise = script.otherwise
        self._queue: deque[Answer] = deque()

    def enqueue(self, answer: Answer) -> None:
        """Put an answer before the rules; several are served in the order they came."""
        self._queue.append(answer)

    def clear(self) -> None:
        """Forget the answers that were put before the rules and have not been served."""
        self._queue.clear()

    def choose(self, asked: Asked) -> tuple[Answer, str]:
        """Return the answer to a request, and where it came from in words for the server's log."""
        side = asked.protocol in SIDE_PROTOCOLS
        if self._queue and not side:
            return self._queue.popleft(), "queue"
        for rule in self._rules:
            if (not side or rule.names(asked)) and (answer := rule.next(asked)):
                return answer, rule.label
        if self._otherwise is not None and not side:
            return self._otherwise, "otherwise"
        if self._rules and not side:
            return _complaint("no rule of the script holds for this request"), "no rule"
        return Answer(), "default"


class _RuleInPlay:
    def __init__(self, rule: Rule, number: int) -> None:
        self.label = rule.name or f"rule {number}"
        self._rule = rule
        self._answers = rule.in_turn
        self._served = 0

    def names(self, asked: Asked) -> bool:
        """Whether the rule says in so many words that it is about such a request."""
        return self._rule.match.protocol == asked.protocol or self._rule.match.path is not None

    def next(self, asked: Asked) -> Answer | None:
        """Return this rule's answer if it holds and has one left, and count it."""
        times = self._rule.match.times
        if (times is not None and self._served >= times) or not self._rule.match.holds(asked):
            return None
        answer = self._at(self._served)
        self._served += answer is not None
        return answer

    def _at(self, nth: int) -> Answer | None:
        count = len(self._answers)
        if nth < count:
            return self._answers[nth]
        match self._rule.then:
            case "repeat":
                return self._answers[nth % count]
            case "last":
                return self._answers[-1]
            case "error":
                return _complaint(f"{self.label} has served all of its {count} answers")
            case _:
                return None


def _complaint(message: str) -> Answer:
    """Return an error that SDKs do not retry: it is the script that must change."""
    return Answer(error=ErrorAnswer(400, message=message), headers={"x-should-retry": "false"})
