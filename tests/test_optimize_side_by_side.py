"""Stages beside one another: what comes first, what follows, what they raise."""

from __future__ import annotations

import threading

import pytest

from geoplan.optimize.side_by_side import beside


def test_the_rest_follows_the_first_and_is_done_at_the_end() -> None:
    """The first answer is there while the rest still waits; leaving waits for all of it."""
    go_on = threading.Event()
    done: list[str] = []

    def second() -> None:
        assert go_on.wait(10)
        done.append("second")

    with beside(lambda: done.append("first"), second, lambda: done.append("third")) as first:
        first.result()
        assert done == ["first"]
        go_on.set()
    assert done == ["first", "second", "third"]


def test_the_first_is_raised_where_it_is_asked_for() -> None:
    """What fails first, nobody hears of who does not ask; the rest is done all the same."""
    done: list[str] = []
    with beside(lambda: 1 // 0, lambda: done.append("rest")) as first:
        pass
    assert done == ["rest"]
    with pytest.raises(ZeroDivisionError):
        first.result()


def test_what_the_rest_raises_comes_up_at_the_end() -> None:
    """Nobody holds the future of the rest, so its failure is raised when all is done."""
    reached = False
    with pytest.raises(ZeroDivisionError), beside(lambda: 0, lambda: 1 // 0):
        reached = True
    assert reached
