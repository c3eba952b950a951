"""Files from outside: which there are, and how each is read."""
