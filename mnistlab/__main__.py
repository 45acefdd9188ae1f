"""`python -m mnistlab`."""

import sys

from mnistlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
