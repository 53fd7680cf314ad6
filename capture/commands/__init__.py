"""The commands of `harness`, one file each: what a command takes, and what it prints.

What belongs here is the border to the person at the terminal. A command's module is imported whenever
`harness` starts, so it imports what does the work inside its function.
"""
