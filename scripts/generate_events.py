"""Write a synthetic world: what `pointwise generate` does, with the same options."""

import sys

from pointwise.cli import main

if __name__ == "__main__":
    main(["generate", *sys.argv[1:]])
