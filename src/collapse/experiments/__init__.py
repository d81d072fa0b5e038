"""Scales, runs, their folders, and the command line.

Nothing is imported here, so that a run's identity depends on no more code than it executes.
"""
