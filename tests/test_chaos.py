"""The short form of the chaos run (`make chaos` is the long one)."""

from pathlib import Path

import pytest
import redis

from tests.chaos import Chaos, Combination

REDIS = "redis://127.0.0.1:6379/6"


def test_after_everything_was_broken_nothing_is_lost_and_nothing_paid_twice(
    tmp_path: Path,
) -> None:
    # On the database that the suite runs on.
    with Chaos(tmp_path, Combination("as the suite", {}), tasks=30, kills=4, seed=7) as chaos:
        counts = chaos.run()

    print(counts)
    assert counts.is_clean, counts
    assert counts.done["forms sent"] == 30
    assert counts.done["submits disturbed"]


def test_with_redis_as_the_engine_and_two_machines_the_same_holds(tmp_path: Path) -> None:
    server = redis.Redis.from_url(REDIS)
    try:
        server.flushdb()
    except redis.ConnectionError:
        pytest.skip("no Redis on this machine")
    two = Combination("Redis", {"REDIS_URL": REDIS}, workers=2)
    with Chaos(tmp_path, two, tasks=10, kills=4, seed=8) as chaos:
        counts = chaos.run()

    print(counts)
    assert counts.is_clean, counts
