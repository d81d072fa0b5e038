"""``python -m collapse``."""

import sys

from collapse.cli import main

if __name__ == "__main__":
    sys.exit(main())
