"""A database with as many tasks as wished, written by SQL: a million rows in a minute or two."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from bench import RARE, RARE_EVERY
from studio.models import Asset, Event, Task
from studio.team import roles

WORDS = ("harbour", "lights", "slow", "river", "northern", "glass", "winter", "engine", "paper")
CHUNK = 50_000


def people(count: int) -> list[User]:
    """Make members of a band."""
    made = [User.objects.create(username=f"player-{number}") for number in range(count)]
    for user in made:
        roles.give(user, roles.Role.MEMBER)
    return made


def session_for(user: User) -> str:
    """Sign a person in. Returns the session's cookie value."""
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def tasks(count: int, users: list[User], under_way: int = 0) -> None:
    """Write `count` finished tasks, each with a picture and its history, then `under_way` others.

    Those under way have the callback tokens `bench-…1` and on.
    """
    now = timezone.now()
    ended = {"finished_at": now, "saved_at": now}
    made = {"created_by": users[0], "created_at": now, "updated_at": now}
    source = {"task_id": "source", "audio_id": "audio"}
    task = Task(operation="create-music-video", status="finished", input=source, **made, **ended)
    total = count + under_way
    _write(Task, task, _own_values(count, users, task), total)
    asset = Asset(
        task_id=1,
        key="0.video_url",
        kind="video",
        label="Video",
        state="saved",
        file="results/1/bench",
        content_type="video/mp4",
        size=1,
        found_at=now,
        updated_at=now,
    )
    _write(Asset, asset, {"id": "n", "task_id": "n"}, count)
    # The people's own lines would have the same numbers.
    Event.objects.all().delete()
    event = Event(task_id=1, at=now, text="Made")
    _write(Event, event, {"id": "n", "task_id": "n"}, total)
    _tidy()


def _own_values(count: int, users: list[User], task: Task) -> dict[str, str]:
    """Return what is of its own in the `n`th task, as SQL: after `count` they are under way."""
    persons = " ".join(f"WHEN {index} THEN {user.pk}" for index, user in enumerate(users))
    return {
        "id": "n",
        "title": _title(),
        # As `studio.pages.search` writes it: each word behind two blanks.
        "search": f"'  ' || replace({_title()}, ' ', '  ')",
        "model": _one_of("n / 7", ["create-music-video", "generate-persona", "add-instrumental"]),
        "status": f"CASE WHEN n > {count} THEN 'running' WHEN n % 10 = 0 THEN 'failed' "
        "ELSE 'finished' END",
        "saved_at": f"CASE WHEN n > {count} THEN NULL ELSE {_value('saved_at', task)} END",
        "task_id": "'task-' || n",
        "form_key": _uuid(),
        "callback_token": f"CASE WHEN n > {count} THEN {_token(f'n - {count}')} "
        "ELSE 'token-' || n END",
        "once_key": "'once-' || n",
        "sound_token": "'sound-' || n",
        "created_by_id": f"CASE n % {len(users)} {persons} END",
    }


def _write(
    model: type[models.Model], row: models.Model, changes: Mapping[str, str], n: int
) -> None:
    """Write `n` rows like `row`; `changes` are SQL expressions over the row's number `n`."""
    fields = model._meta.concrete_fields
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    values = ", ".join(
        changes.get(str(field.column)) or _value(field.name, row) for field in fields
    )
    # The columns are the models' own, and the expressions stand in this file.
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {values} FROM seq"
    for first in range(1, n + 1, CHUNK):
        last = min(first + CHUNK - 1, n)
        counted = f"SELECT {first} UNION ALL SELECT n + 1 FROM seq WHERE n < {last}"
        if connection.vendor == "sqlite":
            sql = f"WITH RECURSIVE seq(n) AS ({counted}) {statement}"
        else:
            sql = statement.replace("FROM seq", f"FROM generate_series({first}, {last}) AS seq(n)")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def _value(name: str, row: models.Model) -> str:
    """Return one field of `row` as an SQL literal."""
    field = row._meta.get_field(name)
    value: Any = field.get_db_prep_save(getattr(row, field.attname), connection)  # type: ignore[union-attr]
    if value is None:
        return "NULL"
    if hasattr(value, "obj"):  # psycopg's JSON
        value = "{}"
    if isinstance(value, datetime) and connection.vendor != "sqlite":
        return f"TIMESTAMPTZ '{value}'"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _one_of(number: str, words: list[str]) -> str:
    cases = " ".join(f"WHEN {index} THEN '{word}'" for index, word in enumerate(words))
    return f"CASE ({number}) % {len(words)} {cases} END"


def _title() -> str:
    rare = f"CASE WHEN n % {RARE_EVERY} = 0 THEN '{RARE} ' ELSE '' END"
    words = [_one_of(f"n / {step}", list(WORDS)) for step in (1, 9, 81)]
    return " || ' ' || ".join([f"{rare} || {words[0]}", *words[1:], "n"])


def _uuid() -> str:
    if connection.vendor == "sqlite":
        return "lower(hex(randomblob(16)))"
    return "gen_random_uuid()"


def _token(number: str) -> str:
    """Return the callback token with a number in it, as long as any."""
    if connection.vendor == "sqlite":
        return f"printf('bench-%037d', {number})"
    return f"'bench-' || lpad(({number})::text, 37, '0')"


def _tidy() -> None:
    """Leave the database as it is after a quiet night."""
    for statement in connection.ops.sequence_reset_sql(no_style(), [Task, Asset, Event]):
        with connection.cursor() as cursor:
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def main(count: int, under_way: int, members: int) -> None:
    """Fill the database of the environment. Prints the sessions of its people as JSON."""
    users = people(members)
    tasks(count, users, under_way)
    print(json.dumps([session_for(user) for user in users]))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
