"""The parts of scripts/train_propensity.py, one concept each."""
