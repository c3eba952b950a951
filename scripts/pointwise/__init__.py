"""Pointwise: intent scores from 1 to 100, every point explained."""
