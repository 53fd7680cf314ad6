"""LangChain, LangGraph and what is built on them."""

from deepagents import create_deep_agent
from langchain.chat_models import init_chat_model
from langchain_anthropic import ChatAnthropic
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langgraph.graph import END, StateGraph
from langgraph.prebuilt import create_react_agent

llm = ChatOpenAI(model="gpt-5")
prompt = ChatPromptTemplate.from_messages([])


def invoke():
    return llm.invoke("x")  # expect: langchain invoke


def bound(tools):
    return ChatAnthropic(model="m").bind_tools(tools).invoke("x")  # expect: langchain invoke


def chain():
    pipeline = prompt | llm
    return pipeline.invoke({})  # expect: langchain invoke


async def by_name():
    async for chunk in init_chat_model("claude").astream("x"):  # expect: langchain astream
        print(chunk)


def embed():
    return OpenAIEmbeddings().embed_query("x")  # expect: langchain embed_query


def node(state):
    return {"messages": [llm.invoke(state["messages"])]}  # expect: langchain invoke


def graph():
    builder = StateGraph(dict)
    builder.add_node("node", node)
    builder.add_edge("node", END)
    app = builder.compile()
    return app.invoke({})  # expect: langgraph invoke


def react(tools):
    agent = create_react_agent(llm, tools)
    return agent.invoke({})  # expect: langgraph invoke


def deep():
    return create_deep_agent([]).invoke({})  # expect: deepagents invoke


def not_calls_of_a_model():
    return prompt.invoke({})
