"""What is learned from past snapshots: a propensity model, and points for the rules."""
