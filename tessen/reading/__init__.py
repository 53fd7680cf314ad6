"""Reading the record back: from files to events, from events to figures, for a log of any size.

What belongs here is what `tessen.events` and the commands share: finding files, cutting and parsing lines,
mending what old recorders got wrong, and one pass that counts everything.
"""
