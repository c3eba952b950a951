"""What models/optional/experiments ask of Python: rows, from SQL's sums."""
