"""The assignments, each with its tasks."""
