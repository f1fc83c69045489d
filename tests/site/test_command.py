"""`vidgo-studio`: one way in, under the very settings of the services; it says what it acts on."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.product import ROOT
from vidgo_site import envfile

pytestmark = [pytest.mark.once, pytest.mark.slow]

# As systemd 252 gives them to a service (systemd.exec(5), "EnvironmentFile=").
LINES = {
    "A=plain": "plain",
    "A=two words": "two words",
    "A=  blanks around  ": "blanks around",
    "A=a#b ; c": "a#b ; c",
    "A=p$ss`w": "p$ss`w",
    "A='single \"inside\" $x \\n'": 'single "inside" $x \\n',
    'A="double \'inside\' \\"q\\" \\$x \\\\ \\n "': "double 'inside' \"q\" $x \\ \\n ",
    "A=\"one\" 'two'": "onetwo",
    'A=half"quoted"': 'half"quoted"',
    "A=back\\\\slash\\ ": "back\\slash ",
    "A=goes \\\non": "goes on",
    'A="over\nlines"': "over\nlines",
    "A=": "",
    "A=a=b": "a=b",
}


@pytest.mark.parametrize("line", LINES)
def test_a_value_is_read_as_systemd_reads_it(line: str) -> None:
    text = f"# B=1\n; B=2\nno setting\n{line}\n1B=3\nC='after'\n"

    assert envfile.read(text) == {"A": LINES[line], "C": "after"}


def run(file: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vidgo_site.command", *arguments],
        env={"PATH": os.environ["PATH"], "STUDIO_ENV_FILE": str(file), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    file = tmp_path / "studio.env"
    file.write_text(
        "# Settings\n"
        f'STUDIO_DATA_DIR="{tmp_path}/the band\'s data"   \n'
        "STUDIO_PUBLIC_URL=https://studio.example.com\n"
        "STUDIO_NOTICE=Rehearsal # 1, at $8 \"sharp\" & 'loud'\n"
        f"STUDIO_SECRET_KEY='{'#$ ' * 20}'\n"
        "VIDGO_API_KEY=none\n"
    )
    return file


def test_it_acts_on_the_database_of_the_file_and_names_it(
    settings_file: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"

    migrated = run(settings_file, "migrate", "--verbosity=0", STUDIO_DATA_DIR=str(elsewhere))

    assert migrated.returncode == 0, migrated.stderr
    data = tmp_path / "the band's data"
    assert f"{data}/studio.sqlite3" in migrated.stderr
    assert f"files in {data}/media" in migrated.stderr
    with sqlite3.connect(data / "studio.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM studio_task").fetchone() == (0,)
    assert not elsewhere.exists()


def test_no_secret_is_told(settings_file: Path) -> None:
    url = "DATABASE_URL=postgres://studio:hush%2Fhush@127.0.0.1:1/studio\n"
    settings_file.write_text(settings_file.read_text() + url)

    told = run(settings_file, "migrate")

    assert told.returncode != 0
    assert "studio at 127.0.0.1:1" in told.stderr
    assert "hush" not in told.stdout + told.stderr


def test_a_file_that_is_missing_or_wrong_is_told_in_one_sentence(
    settings_file: Path, tmp_path: Path
) -> None:
    missing = run(tmp_path / "no.env", "migrate")
    settings_file.write_text("VIDGO_API_KEY=none\nPORT=many\n")
    wrong = run(settings_file, "migrate")

    assert (missing.returncode, wrong.returncode) == (2, 2)
    assert "no.env cannot be read: No such file" in missing.stderr
    assert "PORT" in wrong.stderr
    assert "Traceback" not in missing.stderr + wrong.stderr


def test_no_documented_step_puts_settings_on_a_command_line() -> None:
    for path in (ROOT / "docs" / "deploy.md", *(ROOT / "deploy").iterdir()):
        assert "xargs" not in path.read_text(), path
