# SPDX-License-Identifier: Apache-2.0
"""`python -m ramwright` is the command `ramwright`."""

import sys

from ramwright.cli import main

sys.exit(main())
