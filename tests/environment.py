"""A pytest plugin that is loaded before Django's settings: an environment of the tests' own.

Nothing of the developer's environment reaches a test, and no test reaches the developer's data.
"""

import atexit
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.product import NAME, PASSWORD, ROOT, drop_database, lend_static, make_database

_PRODUCT = ("VIDGO_", "STUDIO_", "DJANGO_SUPERUSER_")
for name in [*os.environ]:
    if name.startswith(_PRODUCT) or name in ("DATABASE_URL", "REDIS_URL", "PORT"):
        del os.environ[name]

# One folder for all processes of a run: the first one makes it, and leaves nothing behind.
folder = tempfile.mkdtemp(prefix="studio-tests-", dir=os.environ.get("TEST_FOLDER"))
if "TEST_FOLDER" not in os.environ:
    os.environ["TEST_FOLDER"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

os.environ.update(
    STUDIO_DATA_DIR=folder,
    STUDIO_SECRET_KEY="a key for the tests alone, of no worth",
    # Port 9 (discard): whoever forgets to name a sandbox is refused at once.
    VIDGO_API_URL="http://127.0.0.1:9",
    VIDGO_API_KEY="sandbox",
    # Tests are quicker than people; those of this guard set it themselves.
    STUDIO_BURST="100000",
    # Django's test runner and the browser's driver share a thread with an event loop.
    DJANGO_ALLOW_ASYNC_UNSAFE="1",
)
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]


# To collect and to pack the static files takes nine seconds of processor, and the migrations two:
# both are done once for a whole run, and each product of `tests.product` is lent what comes of it.
static = Path(os.environ["STUDIO_DATA_DIR"], "static")


def _kept() -> Path:
    """Return where the static files, packed from these very sources, are for the next run."""
    sources = [*ROOT.glob("static/**/*"), *ROOT.glob("vidgo_site/*.py"), ROOT / "requirements.lock"]
    digest = hashlib.sha256()
    for path in sorted(sources):
        if path.is_file():
            digest.update(f"{path} {path.stat().st_size} ".encode() + path.read_bytes())
    return ROOT / ".pytest_cache" / f"static-{digest.hexdigest()[:16]}"


def _keep(kept: Path) -> None:
    for older in kept.parent.glob("static-*"):
        shutil.rmtree(older, ignore_errors=True)
    aside = kept.with_suffix(f".{os.getpid()}")
    # Another run may be first.
    with suppress(OSError):
        shutil.copytree(static, aside)
        aside.rename(kept)


def _prepare() -> None:
    """Make what is lent: static files, and tables with the first account in them."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"DJANGO_SUPERUSER_USERNAME": NAME, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    if os.environ.get("TEST_DATABASE_URL"):
        template = f"studio_lent_{os.getpid()}"
        environment["DATABASE_URL"] = make_database(template)
        os.environ["TEST_TEMPLATE"] = template
        atexit.register(drop_database, template)
    kept = _kept()
    if kept.exists():
        shutil.copytree(kept, static)
    prepare = [sys.executable, "manage.py", "prepare"]
    subprocess.run(prepare, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    os.environ["TEST_STATIC"] = str(static)
    if not kept.exists():
        _keep(kept)


if "TEST_STATIC" in os.environ:
    lend_static(static.parent)
else:
    _prepare()
