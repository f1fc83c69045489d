"""The code as it is beside an older checkout of it, in turns: `make bench BENCH="--against …"`."""

from collections.abc import Callable
from statistics import median

from bench import load, measures
from bench.rows import Row, less, more
from bench.server import Site, processor

SECONDS = 20.0
ROUNDS = 3


def compare(new: Site, old: Site) -> list[Row]:
    """Return the rows of two sites that are served and have a worker each."""
    refresh: dict[Site, dict[str, str]] = {}
    for site in (new, old):
        headers = {"Cookie": site.cookie(), "HX-Request": "true"}
        refresh[site] = {**headers, "If-None-Match": measures.etag(site, headers)}
    rates = _turns(lambda site: _wrk(site, "/tasks/", refresh[site]).rate, new, old)
    rows = [more("refresh, nothing new", *rates, 1.4), _processor(new, refresh[new])]
    pages = _turns(lambda site: _wrk(site, "/tasks/1/", refresh[site], at_once=1).p50, new, old)
    rows.append(less("a task's page", *pages, 0.62))
    # Last: what they leave behind goes on for a while.
    rows += [_lists(new, old, count, limit) for count, limit in measures.LISTS.items()]
    return rows


def _lists(new: Site, old: Site, count: int, limit: float) -> Row:
    """Hold the p95 against the limit; the older code's stands beside it."""
    numbers = iter(range(2 * ROUNDS))

    def p95(site: Site) -> float:
        key = f"{count}-{next(numbers)}"
        return measures.open_lists(site, count, measures.SUBMITS_A_SECOND, SECONDS, key)

    now, before = _turns(p95, new, old)
    what = f"{count} open lists, refresh p95"
    told = f"≤ {limit} ms"
    return Row(what, f"{now:,.0f} ms", f"{before:,.0f} ms", now / before, told, now <= limit)


def _turns(run: Callable[[Site], float], new: Site, old: Site) -> tuple[float, float]:
    """Return the medians of both, which take turns."""
    seen = [(run(new), run(old)) for _ in range(ROUNDS)]
    return median([now for now, _ in seen]), median([before for _, before in seen])


def _processor(site: Site, headers: dict[str, str]) -> Row:
    """Hold the processor's milliseconds for a refresh against those for the bare view."""

    def cost(path: str) -> float:
        before = processor([site.web])
        seen = _wrk(site, path, headers)
        return 1000 * (processor([site.web]) - before) / (seen.rate * measures.SECONDS)

    seen = [(cost("/tasks/"), cost("/bench/bare/200/")) for _ in range(ROUNDS)]
    refresh, bare = (median(list(each)) for each in zip(*seen, strict=True))
    told = f"{refresh:.2f} ms", f"{bare:.2f} ms"
    what = "processor of a refresh, against the bare view"
    return Row(what, *told, refresh / bare, "≤ 1 ms more", refresh - bare <= 1)


def _wrk(
    site: Site, path: str, headers: dict[str, str], at_once: int = measures.AT_ONCE
) -> load.Wrk:
    seen = load.wrk(site.url + path, at_once=at_once, seconds=measures.SECONDS, headers=headers)
    if seen.errors:
        raise RuntimeError(f"{path}: {seen.errors} errors")
    return seen
