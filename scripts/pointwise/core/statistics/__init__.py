"""Statistics that more than one part of the project needs; each names its source."""
