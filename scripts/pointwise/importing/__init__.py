"""The parts of `pointwise import`, one concept each."""
