# SPDX-License-Identifier: Apache-2.0
"""Options and fixtures that several tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

import runtime_host

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


@pytest.fixture(scope="session", autouse=True)
def objects(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder of compiled sources for all workers: most seeded faults change one of them."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    runtime_host.objects = folder / "objects"
    runtime_host.objects.mkdir(exist_ok=True)
