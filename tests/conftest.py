"""What holds for all tests.

Hypothesis makes the same examples in every run, so that a run can be relied on; new ones are for `make soak`.
"""

import pytest
from hypothesis import settings

from tests.relay import natsserver
from tests.soak import SOAKING

settings.register_profile("tests", deadline=None, derandomize=not SOAKING)
settings.load_profile("tests")


def pytest_report_header() -> str:
    """Which nats-server the tests of JetStream use."""
    try:
        return f"JetStream: {' is '.join(natsserver.executable())}"
    except pytest.skip.Exception as missing:
        return f"JetStream: {missing}"
