"""The control panel: what its CSVs may hold, how they are read, and what is wrong."""
