"""Saved results put straight into a running product: for tests of what is done with results.

Run inside the product's environment, once for each product: `python -m tests.material` reads one
folder a line. The folder's `task.json` names the task and its files; the task's number is printed.
"""

import json
import os
import subprocess
import sys
import uuid
import wave
from functools import cache
from pathlib import Path
from typing import Any

from tests.product import ROOT, Product

RATE = 44_100
STEMS = ("vocals", "drums", "bass", "guitar", "piano", "other")


def sound(target: Path, seconds: float, *, seed: int = 1, level: float = 0.05) -> Path:
    """Write noise, which is like nothing but itself: two channels, the same for the same `seed`."""
    import numpy

    noise = numpy.random.default_rng(seed).standard_normal((int(seconds * RATE), 2), "float32")
    with wave.open(str(target), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes((noise * level * 32767).clip(-32768, 32767).astype("<i2").tobytes())
    return target


def tone(target: Path, seconds: float, hertz: float) -> Path:
    """Write a sine, the same on both sides."""
    import numpy

    one = numpy.sin(numpy.arange(int(seconds * RATE)) * (2 * numpy.pi * hertz / RATE)) * 0.3
    with wave.open(str(target), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes((numpy.repeat(one, 2) * 32767).astype("<i2").tobytes())
    return target


def put(product: Product, folder: Path, model: str, title: str, **more: Any) -> int:
    """Keep a finished task with files of `folder`, and give its number.

    `files`: `name`, `kind`, `type`, `label`, `song` where it is one, `away` where it is not saved
    yet; `upload`: the name of what it was made from. The product's own worker makes the previews.
    """
    task = {"model": model, "title": title, **more}
    (folder / "task.json").write_text(json.dumps(task))
    maker = _maker(product)
    assert maker.stdin
    assert maker.stdout
    maker.stdin.write(f"{folder}\n")
    maker.stdin.flush()
    number = maker.stdout.readline()
    assert number, f"it ended; see {product.log}"
    return int(number)


@cache
def _maker(product: Product) -> "subprocess.Popen[str]":
    """Start what makes material for `product`; it ends with the tests, when nobody asks any more.

    A process for each task would take a second of processor before it did anything.
    """
    environment = {**product.environment, "DJANGO_SETTINGS_MODULE": "vidgo_site.settings"}
    environment.setdefault("VIDGO_API_URL", "http://127.0.0.1:9")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.material"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=product.log.open("ab"),
        text=True,
    )


def put_stems(product: Product, folder: Path, seconds: float) -> int:
    """Keep a finished separation: six stems of noise, each its own."""
    files = []
    for number, name in enumerate(STEMS, 1):
        sound(folder / f"{name}.wav", seconds, seed=number)
        file = {"name": f"{name}.wav", "kind": "stem", "type": "audio/x-wav"}
        files.append({**file, "label": name.capitalize()})
    return put(product, folder, "upload-and-separate-vocals", "Relaxing Piano", files=files)


def _main(folder: Path) -> None:
    import django

    django.setup()
    from django.core.files import File
    from django.utils import timezone

    from studio import lifecycle
    from studio.media import analysis
    from studio.models import Asset, Task, Track, Upload

    wanted = json.loads((folder / "task.json").read_text())
    now = timezone.now()
    upload = None
    if wanted.get("upload"):
        name = wanted["upload"]
        upload = Upload(title=Path(name).stem, name=name, content_type="audio/x-wav", duration=1)
        upload.size, upload.sha256 = (folder / name).stat().st_size, uuid.uuid4().hex
        with (folder / name).open("rb") as source:
            upload.file.save(name, File(source))
        analysis.expect(upload)
    task = Task.objects.create(
        source_upload=upload,
        operation=wanted["model"],
        title=wanted["title"],
        status=Task.Status.FINISHED,
        vidgo_id=f"made-{uuid.uuid4()}",
        form_key=uuid.uuid4(),
        sent_at=now,
        accepted_at=now,
        finished_at=now,
        saved_at=now,
    )
    for order, file in enumerate(wanted["files"]):
        asset = Asset(task=task, key=file["name"], kind=file["kind"], label=file["label"])
        asset.order, asset.content_type = order, file["type"]
        asset.state = Asset.State.WAITING if file.get("away") else Asset.State.SAVED
        asset.sha256 = uuid.uuid4().hex
        asset.save()
        if file.get("song"):
            song = {"audio_id": file["name"], "title": file["label"], "order": order}
            Track.objects.create(task=task, sound=asset, **song)
        if file.get("away"):
            continue
        with (folder / file["name"]).open("rb") as source:
            asset.file.save("", File(source))
        asset.size = asset.file.size
        asset.save()
        analysis.expect(asset)
    lifecycle.tell(task, "Made")
    print(task.pk, flush=True)


if __name__ == "__main__":
    os.chdir(ROOT)
    for line in sys.stdin:
        _main(Path(line.removesuffix("\n")))
