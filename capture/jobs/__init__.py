"""Jobs: work on a record that is a process of its own, with a folder that says what it is and how far it is.

What belongs here is that folder, and what any viewer may do: start, list, follow, cancel, prune. The command
line and the app are two viewers among several. What a job does is its command's business.
"""

from __future__ import annotations

from capture.jobs.at_work import Work, begin
from capture.jobs.board import Board, JobRow
from capture.jobs.cancel import cancel
from capture.jobs.folder import JobFolder, jobs_dir
from capture.jobs.follow import Follower, News
from capture.jobs.job import ENDED, Job, JobError, Order, State, Target
from capture.jobs.listing import Listing, find_job, list_jobs, prune, read_job
from capture.jobs.progress import Progress, last_progress
from capture.jobs.start import start

__all__ = [
    "ENDED",
    "Board",
    "Follower",
    "Job",
    "JobError",
    "JobFolder",
    "JobRow",
    "Listing",
    "News",
    "Order",
    "Progress",
    "State",
    "Target",
    "Work",
    "begin",
    "cancel",
    "find_job",
    "jobs_dir",
    "last_progress",
    "list_jobs",
    "prune",
    "read_job",
    "start",
]
