"""Scores between two builds: the last publication, and the events that came since."""

# Names of this machine: who listens at one of them lets nobody else in.
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
