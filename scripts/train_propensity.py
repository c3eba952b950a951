"""Train the propensity model: what `pointwise train` does, with the same options."""

import sys

from pointwise.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
