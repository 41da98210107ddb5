"""One value that tells when to stop: by the clock, or because somebody asked."""

from __future__ import annotations

import math
import threading
import time

import pytest

from geoplan.stopping import NO_LIMIT, Clock, Interruption


def test_a_clock_without_limit_is_never_out() -> None:
    assert not NO_LIMIT.out()
    assert math.isinf(NO_LIMIT.left_s())
    assert NO_LIMIT.share(0.1) is NO_LIMIT


def test_time_runs_out() -> None:
    clock = Clock.started(60.0)
    assert not clock.out()
    assert 59.0 < clock.left_s() <= 60.0
    late = Clock.started(0.0)
    assert late.out()
    assert late.left_s() == 0.0


def test_a_share_is_out_earlier_and_hears_the_same_request() -> None:
    now_s = time.monotonic()
    clock = Clock(now_s + 50.0, now_s - 50.0, Interruption())
    assert not clock.share(0.6).out()
    assert clock.share(0.4).out()
    assert not clock.out()
    clock.interruption.request()
    assert clock.share(0.6).out()
    assert clock.share(0.6).left_s() == 0.0


def test_what_must_be_done_gets_its_seconds_in_any_case() -> None:
    clock = Clock.started(0.0)
    clock.interruption.request()
    must = clock.at_least(30.0)
    assert not must.out()
    assert 29.0 < must.left_s() <= 30.0
    assert Clock.started(90.0).at_least(30.0).left_s() > 80.0


def test_a_request_stops_what_runs_and_what_begins_later() -> None:
    interruption = Interruption()
    stopped: list[str] = []
    with interruption.stopping(lambda: stopped.append("before")):
        pass
    with interruption.stopping(lambda: stopped.append("running")):
        asking = threading.Thread(target=interruption.request)
        asking.start()
        asking.join()
        assert stopped == ["running"]
    with interruption.stopping(lambda: stopped.append("later")):
        assert stopped == ["running", "later"]
    assert interruption.requested


def test_a_stop_is_forgotten_when_its_body_fails() -> None:
    interruption = Interruption()
    stopped: list[str] = []
    with pytest.raises(ValueError, match="oops"), interruption.stopping(lambda: stopped.append("")):
        raise ValueError("oops")
    interruption.request()
    assert stopped == []


def test_a_request_made_while_the_lock_is_held_does_not_hang() -> None:
    """As a handler of a signal does, which runs in the thread that it interrupts."""
    interruption = Interruption()
    with interruption.stopping(interruption.request):
        interruption.request()
    assert interruption.requested
