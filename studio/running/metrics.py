"""Figures for Prometheus, in its text format 0.0.4; each query reads an index or a few rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from studio.lifecycle import account
from studio.models import Account, Alarm, Asset, Preview, Task
from studio.running import alarms, health, standing
from vidgo_site import VERSION

Status = Task.Status
Value = float | int | None
# A metric's name, what it is, and its values by their labels.
Metric = tuple[str, str, list[tuple[dict[str, str], Value]]]
DAY = timedelta(days=1)


def text() -> str:
    """Return all figures."""
    lines: list[str] = []
    for name, what, values in _metrics(timezone.now()):
        lines += [f"# HELP vidgo_studio_{name} {what}", f"# TYPE vidgo_studio_{name} gauge"]
        lines += [_line(name, labels, value) for labels, value in values if value is not None]
    return "\n".join(lines) + "\n"


def _line(name: str, labels: dict[str, str], value: Value) -> str:
    told = ",".join(f'{label}="{_escaped(word)}"' for label, word in labels.items())
    return f"vidgo_studio_{name}{{{told}}} {value}" if told else f"vidgo_studio_{name} {value}"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _metrics(now: datetime) -> Iterator[Metric]:
    yield "info", "The release of the web server.", [({"version": VERSION}, 1)]
    yield from _queues(now)
    yield from _work(now)
    yield from _account(now)
    yield from _machines(now)
    known = standing.read()
    at = known.last_good.timestamp() if known.last_good else None
    yield "backup_last_good_seconds", "When the last good backup was begun.", [({}, at)]
    yield "backup_ok", "Whether the backups are well.", [({}, int(not known.trouble))]
    on = set(Alarm.objects.filter(is_on=True).values_list("kind", flat=True))
    found = _by("kind", ((kind, int(kind in on)) for kind in alarms.TROUBLES))
    yield "alarm", "Whether an alarm is on.", found


def _queues(now: datetime) -> Iterator[Metric]:
    pending = Q(status=Status.PENDING)
    rows: dict[str, QuerySet[Task] | QuerySet[Asset] | QuerySet[Preview]] = {
        "sending": Task.objects.filter(pending),
        "asking": Task.objects.exclude(pending),
        "saving": Asset.objects.all(),
        "listening": Preview.objects.all(),
    }
    due = {
        kind: each.order_by().filter(due_at__lte=now).aggregate(n=Count("pk"), at=Min("due_at"))
        for kind, each in rows.items()
    }
    found = _by("kind", ((kind, one["n"]) for kind, one in due.items()))
    yield "due", "Rows that are due, whether a job has them or not.", found
    waits = ((kind, _age(one["at"], now) or 0) for kind, one in due.items())
    yield "due_oldest_seconds", "How long the oldest of them is due.", _by("kind", waits)


def _work(now: datetime) -> Iterator[Metric]:
    states = (Status.PENDING, Status.UNCONFIRMED, Status.NOT_STARTED, Status.RUNNING)
    open_tasks = Task.objects.order_by().filter(status__in=states).values_list("status")
    known = dict(open_tasks.annotate(count=Count("pk")))
    found = _by("status", ((state.value, known.get(state.value, 0)) for state in states))
    yield "tasks_open", "Tasks that are not done.", found
    ended = Task.objects.order_by().filter(finished_at__gte=now - DAY)
    ready = ended.filter(status=Status.FINISHED)
    failed = ended.filter(status=Status.FAILED).count()
    count, rescued = ready.count(), health.rescued(now - DAY).count()
    found = _by("told_by", (("callback", count - rescued), ("asking", rescued)))
    yield "results_day", "Results of the last day, by what told of them first.", found
    saved = ready.filter(saved_at__isnull=False).count()
    yield "results_saved_day", "Of them, those whose files are all saved.", [({}, saved)]
    yield "failed_day", "Tasks that failed within the last day.", [({}, failed)]
    not_saved = (Asset.State.WAITING, Asset.State.FAILED)
    files = ((state.value, Asset.objects.filter(state=state).count()) for state in not_saved)
    yield "files_unsaved", "Files that are not saved.", _by("state", files)


def _account(now: datetime) -> Iterator[Metric]:
    state = account.get()
    balance = None if state.balance is None else float(state.balance)
    yield "balance_credits", "Credits that are left.", [({}, balance)]
    age = _age(state.balance_at, now)
    yield "balance_age_seconds", "How old that figure is.", [({}, age)]
    troubles = (Account.Trouble.KEY, Account.Trouble.CREDITS)
    found = _by("why", ((one.value, int(state.trouble == one)) for one in troubles))
    yield "account_blocked", "Whether Vidgo takes no task.", found


def _machines(now: datetime) -> Iterator[Metric]:
    beats = list(health.workers())
    yield (
        "worker_beat_age_seconds",
        "How long ago each worker was heard of.",
        [
            (
                {"machine": b.machine, "process": str(b.process), "version": b.version},
                _age(b.at, now),
            )
            for b in beats
        ],
    )
    disks = {b.machine: b.disk_free for b in beats if b.is_alive}
    yield "disk_free_bytes", "Room on each worker's disk.", _by("machine", disks.items())


def _by(label: str, values: Iterable[tuple[str, Value]]) -> list[tuple[dict[str, str], Value]]:
    return [({label: word}, value) for word, value in values]


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else round(max((now - at).total_seconds(), 0.0), 1)
