"""A pytest plugin that is loaded before Django's settings: an environment of the tests' own.

Nothing of the developer's environment reaches a test, and no test reaches the developer's data.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.product import NAME, PASSWORD, ROOT

_PRODUCT = ("VIDGO_", "STUDIO_", "DJANGO_SUPERUSER_")
for name in [*os.environ]:
    if name.startswith(_PRODUCT) or name in ("DATABASE_URL", "REDIS_URL", "PORT"):
        del os.environ[name]

os.environ.update(
    STUDIO_DATA_DIR=tempfile.mkdtemp(prefix="studio-tests-"),
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


# To collect and to pack the static files takes seconds, and so do the migrations: they are done
# once for a whole run, and each product of `tests.product` is lent both.
static = Path(os.environ["STUDIO_DATA_DIR"], "static")
if "TEST_STATIC" in os.environ:
    shutil.copytree(os.environ["TEST_STATIC"], static)
else:
    account = {"DJANGO_SUPERUSER_USERNAME": NAME, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    on_sqlite = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=ROOT,
        env=on_sqlite | account,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    os.environ["TEST_STATIC"] = str(static)
