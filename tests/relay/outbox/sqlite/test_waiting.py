"""Which letters are selected for a dispatch, by their sizes."""

import pytest

from relay.outbox.sqlite.waiting import WaitingLetter, WaitingLetters
from relay.outbox.turns import Lane


@pytest.mark.parametrize(
    ("room", "count"),
    [
        pytest.param(9, 1, id="the first goes even if it is too large"),
        pytest.param(10, 1, id="exactly one"),
        pytest.param(19, 1, id="one and nearly another"),
        pytest.param(20, 2, id="exactly two"),
        pytest.param(30, 3, id="exactly all"),
        pytest.param(31, 3, id="more than all"),
    ],
)
def test_letters_are_selected_until_the_room_is_full_to_the_last_byte(room: int, count: int) -> None:
    waiting = WaitingLetters()
    for key in (1, 2, 3):
        waiting.add(key, WaitingLetter(Lane("prod", b"pod"), None, 0, 10))
    assert waiting.select(room=room, now=0.0) == [1, 2, 3][:count]
