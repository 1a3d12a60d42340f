# SPDX-License-Identifier: Apache-2.0
"""Measures the runtime on emulated cores; see README.md. `python -m bench` from the top."""

from __future__ import annotations

import sys
from pathlib import Path

# The emulator is the tests' own, and a checkout need not be installed.
_TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_TOP / folder) for folder in ("generator", "tests")]
