"""Everything broken at random moments, then counted: `make chaos`, `tests/crash/test_chaos.py`.

The whole product runs against a sandbox that disturbs a third of all requests. Meanwhile workers
and web servers are killed with -9, the API is away, the key and the credits are gone for a while,
and the disk is full once. When all has settled, the rows are compared with the sandbox's ledger.
"""

import argparse
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import django
import requests

from tests.product import ROOT, Product, free_port, until
from vidgo_sandbox import SONGS
from vidgo_sandbox.answers import LAST_STAGE
from vidgo_sandbox.songs import SONG_MODEL
from vidgo_sandbox.store import Store

# Seconds: longer than any of the product's own waits in such a run.
STILL = 120
DISK = 192 * 1024**2
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


@dataclass(frozen=True)
class Combination:
    """Which database and engine, and how many worker processes."""

    name: str
    environment: dict[str, str]
    workers: int = 1


COMBINATIONS = {
    "sqlite": Combination("SQLite, database engine, 1 worker", {}),
    "postgres": Combination("PostgreSQL, database engine, 3 workers", {"DATABASE": "postgres"}, 3),
    "redis": Combination(
        "PostgreSQL, Redis engine, 2 workers",
        {"DATABASE": "postgres", "REDIS_URL": "redis://127.0.0.1:6379/7"},
        2,
    ),
}


@dataclass
class Counts:
    """What is to be 0 at the end, and what happened on the way."""

    lost: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Return whether every promise was kept."""
        return not (self.lost or self.stuck or self.twice or self.missing or self.different)

    def __str__(self) -> str:
        lines = [
            f"{name}: {len(found)}" + "".join(f"\n    {one}" for one in found[:20])
            for name, found in (
                ("tasks lost", self.lost),
                ("tasks stuck", self.stuck),
                ("accepted twice without a person's word", self.twice),
                ("files missing", self.missing),
                ("files different from the source's", self.different),
            )
        ]
        return "\n".join([*lines, *(f"{name}: {n}" for name, n in sorted(self.done.items()))])


class Api:
    """The sandbox as a process: it can be away, and comes back on the same data and port."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, with other disturbances than the last time."""
        self.seed += 1
        command = [
            *(sys.executable, "-m", "vidgo_sandbox", "--port", str(self.port)),
            *("--data", str(self.folder), "--key", "sandbox", "--pace", "0.3"),
            *("--light", "--faults", str(self.seed)),
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        until(self._is_up, "the sandbox")

    def stop(self) -> None:
        """End it: connections are refused from now on."""
        self.process.terminate()
        self.process.wait(STILL)

    def ledger(self) -> list[dict[str, Any]]:
        """Return every submit that was accepted."""
        found: list[dict[str, Any]] = requests.get(self.url + "/_sandbox/ledger", timeout=30).json()
        return found

    def tell(self, what: str, **values: Any) -> None:
        """Change the account behind the API."""
        requests.post(f"{self.url}/_sandbox/{what}", json=values, timeout=30).raise_for_status()

    def make_songs(self, count: int) -> list[str]:
        """Enter songs to make things from, before the first start. Returns their task_ids."""
        store = Store(self.folder / "sandbox.sqlite3")
        ids = []
        with store.change():
            for number in range(count):
                song = SONGS[number % len(SONGS)]
                task_id = f"task-unified-1-chaos{number:03}"
                tracks = [
                    {
                        "audio_id": f"chaos-{number}-{place}",
                        "title": f"{song.title} {number}",
                        "tags": song.tags,
                        "prompt": song.prompt,
                        "duration": 1.0,
                        "audio": f"/files/{song.task_id}/{place}.mp3",
                        "image": f"/files/{song.task_id}/{place}.jpg",
                    }
                    for place in range(2)
                ]
                now = time.time()
                store.insert(
                    "tasks",
                    task_id=task_id,
                    model=SONG_MODEL,
                    input="{}",
                    status="finished",
                    stage=LAST_STAGE,
                    results=json.dumps({"tracks": tracks}),
                    credits_amount=10,
                    created=now,
                    due=now,
                    pace=0,
                    doomed=0,
                )
                ids.append(task_id)
        store.close()
        return ids

    def _is_up(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(self.url + "/_sandbox/faults", timeout=5).ok
        return False


class Chaos:
    """One run on one combination."""

    def __init__(
        self, folder: Path, combination: Combination, *, tasks: int, kills: int, seed: int
    ) -> None:
        self.tasks, self.kills = tasks, kills
        self.combination = combination
        self.random = random.Random(seed)
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.disk_is_small = _mount(self.data)
        (folder / "sandbox").mkdir()
        self.api = Api(folder / "sandbox", seed)
        environment = dict(combination.environment)
        if environment.pop("DATABASE", "") == "postgres":
            os.environ.setdefault("TEST_DATABASE_URL", POSTGRES)
        self.product = Product(
            self.data,
            VIDGO_API_URL=self.api.url,
            VIDGO_API_KEY="sandbox",
            VIDGO_CONNECT_TIMEOUT="2",
            VIDGO_READ_TIMEOUT="3",
            STUDIO_LEASE_MARGIN="3",
            STUDIO_QUEUE_PATIENCE="5",
            **environment,
        )
        self.product.log = folder / "product.log"
        self.extra: list[subprocess.Popen[bytes]] = []
        self.counts = Counts()
        self.forms: dict[str, str] = {}
        self.ended = threading.Event()

    def __enter__(self) -> Self:
        self.songs = self.api.make_songs(max(self.tasks // 10, 2))
        try:
            self.api.start()
            self.product.__enter__()
            self.cookies = self.product.session().cookies
            self._start_workers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.ended.set()
        for worker in self.extra:
            worker.terminate()
        for worker in self.extra:
            worker.wait(60)
        self.product.__exit__()
        self.api.stop()
        if self.disk_is_small:
            subprocess.run(["umount", "-l", str(self.data)], check=False)

    def run(self) -> Counts:
        """Submit, disturb, wait, decide what only a person can, count."""
        self._import()
        with ThreadPoolExecutor(1) as disturber, ThreadPoolExecutor(4) as people:
            disturbed = disturber.submit(self._disturb)
            list(people.map(self._submit, self._wishes()))
            disturbed.result()
        self._settle()
        for _ in range(20):
            if not self._decide():
                break
            self._settle()
        self._count()
        return self.counts

    # What people do.

    def _import(self) -> None:
        command = [sys.executable, "manage.py", "import_songs", *self.songs]
        subprocess.run(command, cwd=ROOT, env=self.product.environment, check=True)

    def _wishes(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the forms: every operation in turn, each time of another song or upload."""
        # Not before Django is set up.
        from tests.operations import described, posted

        files = described()
        tracks = [(song, place) for place in range(2) for song in range(len(self.songs))]
        left = {
            model: tracks if "audio_id" in file.EXAMPLE else tracks[: len(self.songs)]
            for model, file in files.items()
        }
        wishes: list[tuple[str, dict[str, Any]]] = []
        order = self.random.sample(sorted(files), len(files))
        numbers = itertools.count()
        while len(wishes) < self.tasks:
            number = next(numbers)
            model = order[number % len(order)]
            form = {**files[model].EXAMPLE, **getattr(files[model], "SHORT", {})}
            if form.keys() & {"task_id", "audio_id"}:
                if not left[model]:
                    continue
                (song, place), *left[model] = left[model]
                ids = {"task_id": self.songs[song], "audio_id": f"chaos-{song}-{place}"}
                form |= {name: value for name, value in ids.items() if name in form}
            urls = form.keys() & {"upload_url", "audio_url"}
            form |= dict.fromkeys(urls, f"https://example.com/{number}.mp3")
            wishes.append((model, posted(form)))
        self.random.shuffle(wishes)
        return wishes

    def _submit(self, wish: tuple[str, dict[str, Any]]) -> None:
        """Send one form, often twice at once, and again until it is answered."""
        model, form = wish
        key = str(uuid.uuid4())
        path = f"/new/{model}/"
        values = {**form, "form_key": key}
        with ThreadPoolExecutor(2) as hands:
            clicks = [
                hands.submit(self._post, path, values) for _ in range(self.random.choice((1, 2)))
            ]
            places = {click.result() for click in clicks}
        assert len(places) == 1, f"one form led to {places}"
        self.forms[key] = model
        self.counts.done["forms sent"] += 1
        self.ended.wait(self.random.uniform(0, 0.4))

    def _post(self, path: str, values: dict[str, Any]) -> str:
        """Post as a person does whose page does not load: again. Returns where it leads."""

        def try_once() -> str:
            try:
                answer = self.product.post(self._session(), path, values)
            except requests.RequestException:
                return ""
            if answer.status_code >= 500:
                return ""
            assert answer.status_code == 302, f"{path}: {answer.status_code} {answer.text}"
            return answer.headers["Location"]

        return until(try_once, path)

    def _session(self) -> requests.Session:
        """Return the browser of one hand: its own connection, the same sign-in."""
        session = requests.Session()
        session.trust_env = False
        session.headers["Referer"] = self.product.url
        session.cookies.update(self.cookies)
        return session

    def _decide(self) -> int:
        """Do for each unconfirmed task what a person would who looks into the console."""
        there = {_token(entry["callback_url"]): entry for entry in self.api.ledger()}
        unconfirmed = self.product.rows(
            "SELECT id, callback_token FROM studio_task WHERE status = 'unconfirmed'"
        )
        for row in unconfirmed:
            entry = there.get(row["callback_token"])
            path = f"/tasks/{row['id']}/"
            if entry:
                self._post(path + "adopt/", {"task_id": entry["task_id"]})
                self.counts.done["unconfirmed, taken up by a person"] += 1
            elif self.random.random() < 0.3:
                self._post(path + "give-up/", {})
                self.counts.done["unconfirmed, given up by a person"] += 1
            else:
                self._post(path + "send-again/", {"sure": "1"})
                self.counts.done["unconfirmed, sent again by a person"] += 1
        return len(unconfirmed)

    # What goes wrong.

    def _disturb(self) -> None:
        shocks: list[Callable[[], None]] = [self._kill_worker, self._kill_web] * (self.kills // 2)
        shocks += [self._api_away] * max(self.kills // 4, 1)
        if self.kills >= 10:
            shocks += [self._wrong_key, self._no_credits]
        if self.disk_is_small:
            shocks.append(self._fill_disk)
        else:
            self.counts.done["disk full: left out, only root can mount a small one"] = 1
        self.random.shuffle(shocks)
        for shock in shocks:
            self.ended.wait(self.random.uniform(0.5, 3))
            shock()

    def _kill_worker(self) -> None:
        self._kill(self.product.pids("manage.py worker") + self.product.pids("rqworker"), "worker")

    def _kill_web(self) -> None:
        self._kill(self.product.pids("gunicorn"), "web server")

    def _kill(self, pids: list[int], name: str) -> None:
        with suppress(ProcessLookupError, IndexError):
            os.kill(self.random.choice(pids), signal.SIGKILL)
            self.counts.done[f"{name} killed with -9"] += 1

    def _api_away(self) -> None:
        self.api.stop()
        self.ended.wait(self.random.uniform(1, 3))
        self.api.start()
        self.counts.done["API away: connections refused"] += 1

    def _wrong_key(self) -> None:
        self.api.tell("key", key="another")
        self.ended.wait(6)
        self.api.tell("key", key="sandbox")
        self.counts.done["key refused for a while"] += 1

    def _no_credits(self) -> None:
        self.api.tell("balance", credits_amount=0)
        self.ended.wait(6)
        self.api.tell("balance", credits_amount=100_000)
        self.counts.done["credits gone for a while"] += 1

    def _fill_disk(self) -> None:
        """Fill the disk that holds results, downloads and, with SQLite, the database itself."""
        ballast = self.data / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(64 * 1024)):
                pass
        until_then = time.monotonic() + 6
        with ballast.open("ab", buffering=0) as file:
            while time.monotonic() < until_then:
                with suppress(OSError):
                    file.write(bytes(4096))
                self.ended.wait(0.02)
        ballast.unlink()
        self.counts.done["disk full for a while"] += 1

    def _start_workers(self) -> None:
        """Start the further workers, as on other machines; each is started again when it dies."""
        for _ in range(self.combination.workers - 1):
            threading.Thread(target=self._keep_worker, daemon=True).start()

    def _keep_worker(self) -> None:
        while not self.ended.is_set():
            worker = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=ROOT,
                env=self.product.environment,
                stdout=self.product.log.open("ab"),
                stderr=subprocess.STDOUT,
                process_group=0,
            )
            self.extra.append(worker)
            worker.wait()
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)

    # What has become of it.

    def _unsettled(self) -> list[dict[str, Any]]:
        return self.product.rows(
            "SELECT id, model, status, error_code, error, task_id FROM studio_task WHERE status IN"
            " ('pending', 'not_started', 'running')"
            " OR (status = 'finished' AND saved_at IS NULL)"
        )

    def _settle(self) -> None:
        """Wait until nothing is left to do, or nothing has moved for a long while: stuck."""
        moved, mark = time.monotonic(), None
        while self._unsettled() and time.monotonic() - moved < STILL:
            now = self.product.rows(
                "SELECT (SELECT MAX(id) FROM studio_event) AS told,"
                " (SELECT SUM(attempts) FROM studio_asset) AS tried"
            )
            if now != mark:
                moved, mark = time.monotonic(), now
            time.sleep(0.2)

    def _count(self) -> None:
        counts, ledger = self.counts, self.api.ledger()
        tasks = self.product.rows("SELECT * FROM studio_task")
        by_key = {str(uuid.UUID(str(task["form_key"]))): task for task in tasks}
        by_token = {task["callback_token"]: task for task in tasks}
        counts.stuck += [str(row) for row in self._unsettled()]
        for key, model in self.forms.items():
            if key not in by_key:
                counts.lost.append(f"the form {key} of {model}")
        accepted = Counter(entry["callback_url"] for entry in ledger)
        counts.twice += [url for url, times in accepted.items() if times > 1]
        for entry in ledger:
            self._compare(entry, by_token.get(_token(entry["callback_url"])))
        for task in tasks:
            counts.done[f"tasks {task['status']}"] += 1
            own_doing = task["error_code"] in ("given_up", "404")
            if task["status"] == "failed" and not own_doing:
                counts.lost.append(f"task {task['id']} failed: {task['error']}")
        counts.done["submits accepted"] = len(ledger)
        received = requests.get(self.api.url + "/_sandbox/requests", timeout=30).json()
        counts.done["submits received"] = len(received)
        counts.done["submits disturbed"] = sum(bool(one["fault"]) for one in received)

    def _compare(self, entry: dict[str, Any], task: dict[str, Any] | None) -> None:
        """Compare one accepted submit with its row and its files with ours."""
        counts = self.counts
        if task is None or task["task_id"] != entry["task_id"] or task["status"] != "finished":
            counts.lost.append(f"{entry['model']} {entry['task_id']}: {task and task['status']}")
            return
        assets = self.product.rows(f"SELECT * FROM studio_asset WHERE task_id = {task['id']}")
        if not entry["files"] and not any(one["value"] or one["data"] for one in assets):
            counts.missing.append(f"the persona or words of task {task['id']}")
        by_path = {urlsplit(asset["url"]).path: asset for asset in assets}
        for file in entry["files"]:
            if not file["final"]:
                continue
            counts.done["files compared"] += 1
            asset = by_path.get(urlsplit(file["url"]).path)
            path = self.data / "media" / asset["file"] if asset and asset["file"] else None
            if asset is None or path is None or asset["state"] != "saved" or not path.is_file():
                counts.missing.append(f"{file['url']} of task {task['id']}")
                continue
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if not digest == asset["sha256"] == file["sha256"]:
                counts.different.append(f"{file['url']} of task {task['id']}")


def _token(callback_url: str) -> str:
    return callback_url.rstrip("/").rsplit("/", 1)[-1]


def _mount(folder: Path) -> bool:
    """Put a small disk of its own under `folder`. Returns False where that is not permitted."""
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main() -> int:
    """Run the long form on the combinations named, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("combinations", nargs="*", default=[*COMBINATIONS])
    parser.add_argument("--tasks", type=int, default=300)
    parser.add_argument("--kills", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder, say where it is")
    options = parser.parse_args()
    # The forms are those of the studio itself.
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "vidgo_site.settings",
        "STUDIO_DATA_DIR": tempfile.mkdtemp(prefix="studio-chaos-"),
        "VIDGO_API_URL": "http://127.0.0.1:9",
    }
    django.setup()
    clean = True
    for name in options.combinations:
        combination = COMBINATIONS[name]
        os.environ.pop("TEST_DATABASE_URL", None)
        folder = Path(tempfile.mkdtemp(prefix="studio-chaos-"))
        began = time.monotonic()
        print(f"{combination.name} (in {folder})", flush=True)
        with Chaos(
            folder, combination, tasks=options.tasks, kills=options.kills, seed=options.seed
        ) as chaos:
            counts = chaos.run()
            if options.keep:
                shutil.copytree(
                    chaos.data, folder / "kept", ignore=shutil.ignore_patterns("static")
                )
        print(f"{counts}\nseconds: {time.monotonic() - began:.0f}\n", flush=True)
        clean = clean and counts.is_clean
        if not options.keep and counts.is_clean:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
