"""Vectors at rest."""

from __future__ import annotations

import chromadb
import pinecone


class VectorStore:
    _shared: VectorStore | None = None

    def __init__(self):
        self.client = chromadb.PersistentClient("/var/lib/deskly")
        self.index = pinecone.Pinecone().Index("tickets")

    @classmethod
    def shared(cls) -> VectorStore:
        if cls._shared is None:
            cls._shared = cls()
        return cls._shared

    def query(self, text):
        self.index.query(vector=[0.0], top_k=3)
        return self.client.get_collection("kb").query(query_texts=[text])

    def embed(self, texts):
        return [[float(len(text))] for text in texts]

    def rebuild(self, texts):
        return self.embed(texts)
