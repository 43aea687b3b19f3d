"""python -m nnverify"""

import sys

from nnverify.cli import main

if __name__ == "__main__":
    sys.exit(main())
