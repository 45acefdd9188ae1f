"""The dashboard in the language in which every message looks marked: `python -m pseudo_site`, with
the arguments of `mnistlab`.
"""

import sys

import pseudo

from mnistlab.cli import main

pseudo.install()
sys.exit(main())
