"""Where a person is: one file a screen or dialog.

What belongs here knows which widgets and which actions belong together, and nothing of the command line,
settings files or themes.
"""
