"""Posterior Collapse, by Experiment: one training step, five places to intervene."""

__version__ = "0.1.0"
