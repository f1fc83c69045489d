"""Every change of a task's status, and nothing else that changes one.

Each change happens under the row's lock, in one transaction with its line of history. HTTP is
never spoken here: `jobs` asks the client and hands the answer in.
"""

from studio.lifecycle.actions import (
    adopt,
    ask_now,
    cancel,
    check_again,
    give_up,
    send_again,
    try_again,
)
from studio.lifecycle.changes import (
    NeedsWordError,
    NotPossibleError,
    Status,
    User,
    lock,
    note,
    tell,
)
from studio.lifecycle.incoming import (
    MAX_UNREADABLE,
    UNCLAIMED,
    WAITS,
    addressed,
    apply,
    apply_left_behind,
    apply_waiting,
    receive,
    replay,
)
from studio.lifecycle.limits import check, limit_of, used
from studio.lifecycle.making import Wish, bring_in, create
from studio.lifecycle.polling import record_query
from studio.lifecycle.saving import ask_again, asset_saved, next_to_save
from studio.lifecycle.sending import (
    MAX_BLOCKED,
    begin_send,
    doubt_sends,
    expire_sends,
    record_answer,
)
from studio.lifecycle.trash import delete, restore

__all__ = [
    "MAX_BLOCKED",
    "MAX_UNREADABLE",
    "UNCLAIMED",
    "WAITS",
    "NeedsWordError",
    "NotPossibleError",
    "Status",
    "User",
    "Wish",
    "addressed",
    "adopt",
    "apply",
    "apply_left_behind",
    "apply_waiting",
    "ask_again",
    "ask_now",
    "asset_saved",
    "begin_send",
    "bring_in",
    "cancel",
    "check",
    "check_again",
    "create",
    "delete",
    "doubt_sends",
    "expire_sends",
    "give_up",
    "limit_of",
    "lock",
    "next_to_save",
    "note",
    "receive",
    "record_answer",
    "record_query",
    "replay",
    "restore",
    "send_again",
    "tell",
    "try_again",
    "used",
]
