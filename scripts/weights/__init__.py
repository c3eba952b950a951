"""The parts of scripts/propose_weights.py, one concept each."""
