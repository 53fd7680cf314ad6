"""The demo's agents: ordinary programs that use the vendors' SDKs and record themselves with one line.

What belongs here is one program an agent, written as any user would write it. They are copied into the
night's folder and run there.
"""
