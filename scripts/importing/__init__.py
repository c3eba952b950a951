"""The parts of scripts/import_events.py, one concept each."""
