"""``python -m koubai`` is the command ``koubai``, also where its folder is not on the path."""

import sys

from koubai.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
