"""The recorder: `import tessen; tessen.init()` records every model call of this process.

What belongs here is what an agent imports, and the reading of the record back: recording, the event
format, signals, usage and prices, and the `tessen` command. Standard library only, since this package
lives inside other people's production processes.
"""

__version__ = "0.1.0"
