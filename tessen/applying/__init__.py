"""Applying a pull request's specification: what it says, what it may touch, and how it gets onto a branch.

What belongs here changes a repository. `tessen.apply` is the command, and the only one to print.
"""
