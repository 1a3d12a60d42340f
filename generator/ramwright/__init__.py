# SPDX-License-Identifier: Apache-2.0
"""Ramwright: describes the RAM of a firmware once, generates allocators, checks the result."""

__version__ = "0.1.0"
