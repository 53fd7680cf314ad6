"""Asking a recorded request again: the same bytes, as often as wanted, each answer kept beside the record."""
