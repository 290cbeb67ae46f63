"""The installed command, built once for all tests of a process."""

import pytest

from tests.falco_dispatch.installation import Installation, install


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel of this checkout in an environment of its own."""
    return install(tmp_path_factory.mktemp("installation"))
