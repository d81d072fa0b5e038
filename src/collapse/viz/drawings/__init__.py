"""Drawings that explain: no run stands behind them. One file a chapter or subject."""
