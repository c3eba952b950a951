"""Scores between two builds: the last publication, and the events that came since."""
