"""The short form of the chaos run (`make chaos` is the long one)."""

import os
from pathlib import Path

import redis

from tests.chaos import Chaos, Combination

REDIS = "redis://127.0.0.1:6379/6"


def test_after_everything_was_broken_nothing_is_lost_and_nothing_paid_twice(
    tmp_path: Path,
) -> None:
    if os.environ.get("TEST_DATABASE_URL"):
        # With the suite's other database comes the other engine.
        redis.Redis.from_url(REDIS).flushdb()
        combination = Combination("PostgreSQL, Redis", {"REDIS_URL": REDIS}, workers=2)
    else:
        combination = Combination("SQLite", {})

    with Chaos(tmp_path, combination, tasks=20, kills=4, seed=7) as chaos:
        counts = chaos.run()

    print(counts)
    assert counts.is_clean, counts
    assert counts.done["forms sent"] == 20
    assert counts.done["submits disturbed"]
