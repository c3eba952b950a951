"""Scores beside the warehouse: of a candidate for the panel, or of an old day."""
