"""The parts of scripts/generate_events.py, one concept each."""
