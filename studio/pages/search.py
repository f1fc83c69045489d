"""Finding tasks by whatever words the list shows of them.

`Task.search` holds these words, folded, each behind two blanks: a word of one or two letters is
found where a word begins, a longer one anywhere. Where a script has no blanks between its words,
as Japanese or Thai, each letter is a word: any two in a row are found. The index behind it knows
every three letters in a row: PostgreSQL's pg_trgm, and a table of SQLite's FTS5 that triggers keep
in step.
"""

import re
import unicodedata
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from studio import operations
from studio.models import Task, Track

# Words of one search that count, and people that one word can mean.
MOST_WORDS, MOST_PEOPLE = 8, 50
LONGEST_ERROR = 500
# So many of the newest are looked through one by one.
NEAR = 5_000
# A person stands in the text by number, so that another name needs no other text; in letters that
# spell nothing, so that no word that is typed meets it.
_LETTERS = str.maketrans("0123456789", "qxzjkvwhfb")
# The letters of scripts without blanks between words: Thai and Lao, Burmese, Khmer, Japanese and
# Bopomofo from the iteration mark on, Chinese characters.
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
_PIECES = re.compile(f"[{_ALONE}]|[^{_ALONE}]+")


def fold(text: str) -> str:
    """Return `text` as it is compared: without case, accents and what keeps marks apart."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c) and c not in "|\x00")


def keep(sender: type[Task], instance: Task, **kwargs: Any) -> None:
    """Put what `instance` is found by into it, before each save; its source when it is made."""
    known = instance.search.partition("\n")[2]
    # Documented under "Model._state": a row that is new has no source's words yet.
    instance.search = text(instance, source_of(instance) if instance._state.adding else known)


def keep_source(sender: type[Track], instance: Track, created: bool, **kwargs: Any) -> None:
    """Have everything made from a song found by its present title, and its line drawn anew."""
    if created:
        return
    # In the order of the keys, as wherever many tasks are taken (`lineage.touch`).
    for task in instance.uses.order_by("pk"):
        changed = text(task, _spaced(instance.title))
        Task.objects.filter(pk=task.pk).update(search=changed, updated_at=timezone.now())


def text(task: Any, source: str) -> str:
    """Return the words of `task`, whose source's words are `source`, in a line of their own."""
    error = task.error[:LONGEST_ERROR] if task.status == Task.Status.FAILED else ""
    own = f"{operations.get(task.operation).noun} {task.title} {task.vidgo_id or ''} {error}"
    return f"{_spaced(own)}  {_mark(task.created_by_id)}\n{source}"


def source_of(task: Any) -> str:
    """Return the words of what `task` is made from."""
    source = task.source_track or task.source_upload
    # A migration before there were stems asks too.
    if source is None and getattr(task, "source_stem", None):
        source = task.source_stem.task
    return _spaced(source.title) if source else ""


def newest(tasks: "QuerySet[Task]", q: str, count: int) -> list[Task]:
    """Return the first of `tasks`, newest first, at most `count`, that hold every word of `q`."""
    # PostgreSQL stores no NUL and refuses to look for one.
    q = q.replace("\x00", " ")
    typed = fold(q).split()[:MOST_WORDS]
    if not typed:
        return list(tasks[:count])
    people = list(User.objects.values_list("pk", "username", "first_name", "last_name"))
    words = [_ways(word, people) for word in typed]
    # A task_id is mostly pasted as a whole, and each begins like all the others.
    is_id = any(c.isdigit() for c in q)
    if is_id and (whole := list(tasks.filter(vidgo_id=q.strip())[:count])):
        return whole
    found = tasks.filter(
        *(reduce(or_, (Q(search__contains=way) for way in ways)) for ways in words)
    )
    begin = tasks.values("pk")[NEAR : NEAR + 1]
    if connection.vendor == "sqlite":
        is_few = tasks.query.where and not begin
        return list((found if is_few else _by_fts(found, words))[:count])
    # In the order of the keys, as the planner thinks best: right for what is found often.
    near = list(found.filter(pk__gte=Coalesce(begin, 0))[:count])
    if len(near) == count or not any(c.isalnum() for ways in words for c in ways[0]):
        # Without a letter or a digit there are no trigrams: what is older is not found.
        return near
    # What is rare among the newest is put in order after it is found: the sum keeps the planner
    # from walking through the whole table for it.
    return list(found.order_by((F("pk") + 0).desc())[:count])


def make_index(**kwargs: Any) -> None:
    """Make SQLite's index where it is missing: each migration that rewrites the table drops it."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'studio_task_words_insert'")
        if cursor.fetchone():
            return
        columns = connection.introspection.get_table_description(cursor, Task._meta.db_table)
        if "search" not in {column.name for column in columns}:
            return
        for statement in _FTS:
            cursor.execute(statement)


_TAKE_OUT = (
    "INSERT INTO studio_task_words(studio_task_words, rowid, search)"
    " VALUES ('delete', old.id, old.search);"
)
_PUT_IN = "INSERT INTO studio_task_words(rowid, search) VALUES (new.id, new.search);"
_FTS = (
    "DROP TABLE IF EXISTS studio_task_words",
    "CREATE VIRTUAL TABLE studio_task_words USING fts5(search, content='studio_task',"
    " content_rowid='id', tokenize='trigram', detail='none', columnsize=0)",
    f"CREATE TRIGGER studio_task_words_delete AFTER DELETE ON studio_task BEGIN {_TAKE_OUT} END",
    "CREATE TRIGGER studio_task_words_update AFTER UPDATE OF search ON studio_task"
    f" WHEN old.search <> new.search BEGIN {_TAKE_OUT} {_PUT_IN} END",
    "INSERT INTO studio_task_words(studio_task_words) VALUES ('rebuild')",
    # Last: where it is, all of it is.
    f"CREATE TRIGGER studio_task_words_insert AFTER INSERT ON studio_task BEGIN {_PUT_IN} END",
)


def _by_fts(found: "QuerySet[Task]", words: list[list[str]]) -> "QuerySet[Task]":
    """Have FTS5 give the candidates, newest first, until enough of them are right."""
    match = " AND ".join(f"({' OR '.join(map(_trigrams, ways))})" for ways in words)
    # A last resort by Django's own words, which keep it: a model for this table, with a lookup for
    # MATCH, would say the join in three times the lines.
    return found.extra(
        tables=["studio_task_words"],
        where=["studio_task_words.rowid = studio_task.id", "studio_task_words MATCH %s"],
        params=[match],
        order_by=["-studio_task_words.rowid"],
    )


def _ways(word: str, people: list[tuple[Any, ...]]) -> list[str]:
    """Return the pieces of text, of which one must be there for `word`."""
    piece = "  ".join(_PIECES.findall(word))
    piece = piece if len(piece) > 2 else f"  {piece}"
    meant = [pk for pk, *name in people if piece in _spaced(" ".join(name))]
    return [piece, *map(_mark, meant[:MOST_PEOPLE])]


def _trigrams(piece: str) -> str:
    each = {piece[i : i + 3] for i in range(len(piece) - 2)}
    return " AND ".join('"{}"'.format(three.replace('"', '""')) for three in sorted(each))


def _spaced(text: str) -> str:
    words = fold(text).split()
    return "".join(f"  {piece}" for word in words for piece in _PIECES.findall(word))


def _mark(person: int | None) -> str:
    return f"|{str(person).translate(_LETTERS)}|" if person else ""
