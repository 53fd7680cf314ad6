"""What is drawn: reusable Textual widgets.

What belongs here knows how to show things, not where they come from: everything arrives by constructor,
attribute or message. Text that comes from a log goes through `tessen.sanitise` before it is drawn.
"""
