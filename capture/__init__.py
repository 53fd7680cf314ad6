"""Runs agents on purpose, and reads what any agent left behind.

What belongs here is work without a picture: indexing and following logs, the scripted model server, running
engines and recording run folders, and going back (resample, replay, judge) as jobs. Never imports Textual.
"""
