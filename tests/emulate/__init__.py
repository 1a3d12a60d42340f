# SPDX-License-Identifier: Apache-2.0
"""Firmware under test: cross-compiling it, and running it on emulated Cortex-M cores."""
