"""The results page: a module a page, and what they share."""
