"""A game for those who wait in the queue, and other things that only sound like models."""

import subprocess
from unittest.mock import MagicMock

import berserk
import spacy
from asyncio import Runner

nlp = spacy.load("en_core_web_sm")
lichess = berserk.Client()


class Board:
    def chat(self, text):
        return text

    def generate(self, depth):
        return range(depth)


class Game:
    def __init__(self, board: Board):
        self.board = board
        self.chats = {}
        self.models = self

    def say(self, text):
        lichess.bots.post_message("id", text)
        lichess.chat(text)
        return self.board.chat(text)

    def moves(self):
        return list(self.board.generate(3))

    def generate_content(self, model, contents):
        return model, contents

    def page(self):
        return self.models.generate_content(model="m", contents="x")


class Engine:
    def complete(self, prompt):
        return subprocess.run(["stockfish", prompt])

    def query(self, text):
        return self.complete(text)

    def stream(self, text):
        yield from text


def play():
    engine = Engine()
    engine.complete("e4")
    engine.query("e4")
    list(engine.stream("e4"))
    with Runner() as runner:
        runner.run(main())
    return nlp("x")


async def main():
    client = MagicMock()
    client.messages.create.return_value = None
    return client.messages.create(model="m", max_tokens=1, messages=[])
