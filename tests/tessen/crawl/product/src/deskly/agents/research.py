"""A graph that reads the knowledge base before it answers."""

import operator
from typing import Annotated, TypedDict

from langchain.chat_models import init_chat_model
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_core.tools import tool
from langchain_openai import AzureChatOpenAI, OpenAIEmbeddings
from langgraph.checkpoint.memory import MemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import ToolNode, create_react_agent, tools_condition
from pydantic import BaseModel

from ..retrieval.store import VectorStore


class State(TypedDict):
    messages: Annotated[list[AnyMessage], operator.add]
    verdict: str


class Verdict(BaseModel):
    good: bool


@tool
def search(query: str) -> str:
    """Look something up."""
    return VectorStore.shared().query(query)


class Research:
    def __init__(self, model_name="claude-sonnet-4-5"):
        self.llm = ChatAnthropic(model=model_name, temperature=0)
        self.with_tools = self.llm.bind_tools([search])
        self.grader = init_chat_model("openai:gpt-5").with_structured_output(Verdict)
        self.embeddings = OpenAIEmbeddings(model="text-embedding-3-small")
        self.graph = self._build()

    def _build(self):
        builder = StateGraph(State)
        builder.add_node("think", self.think)
        builder.add_node("tools", ToolNode([search]))
        builder.add_node("grade", self.grade)
        builder.add_edge(START, "think")
        builder.add_conditional_edges("think", tools_condition)
        builder.add_edge("grade", END)
        return builder.compile(checkpointer=MemorySaver())

    def think(self, state: State):
        return {"messages": [self.with_tools.invoke([SystemMessage("Be short."), *state["messages"]])]}

    async def grade(self, state: State):
        verdict = await self.grader.ainvoke(state["messages"])
        return {"verdict": "good" if verdict.good else "bad"}

    def answer(self, question: str, thread: str):
        out = self.graph.invoke({"messages": [HumanMessage(question)]}, {"configurable": {"thread_id": thread}})
        return out["messages"][-1].content

    async def events(self, question):
        async for event in self.graph.astream_events({"messages": [HumanMessage(question)]}, version="v2"):
            yield event

    def embed(self, docs):
        return self.embeddings.embed_documents(docs)


def summarise(texts: list[str]):
    prompt = ChatPromptTemplate.from_template("Summarise: {text}")
    llm = AzureChatOpenAI(azure_deployment="gpt-5", api_version="2025-03-01-preview")
    chain = {"text": RunnablePassthrough()} | prompt | llm | StrOutputParser()
    filled = prompt.invoke({"text": "x"})
    return chain.batch(texts, config={"max_concurrency": 5}), filled


react = create_react_agent("anthropic:claude-sonnet-4-5", tools=[search])


async def quick(question):
    upper = RunnableLambda(str.upper)
    async for chunk in react.astream({"messages": [("user", question)]}, stream_mode="values"):
        yield chunk["messages"][-1]
    search.invoke({"query": question})
