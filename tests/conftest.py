# SPDX-License-Identifier: Apache-2.0
"""Options and fixtures that several tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

# How long an example may take says nothing on a machine that also compiles and emulates.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite expected outputs instead of comparing with them",
    )


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether expected outputs are to be rewritten."""
    return bool(request.config.getoption("--update"))
