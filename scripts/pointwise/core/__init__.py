"""One home for each fact that SQL and Python share."""
