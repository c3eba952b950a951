"""The parts of `pointwise generate`, one concept each."""
