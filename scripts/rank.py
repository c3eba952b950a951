"""Rank users by score: what `pointwise rank` does, with the same options."""

import sys

from pointwise.cli import main

if __name__ == "__main__":
    main(["rank", *sys.argv[1:]])
