"""Every change of a task's status, and nothing else that changes one.

Each change happens under the row's lock, in one transaction with its line of history. HTTP is
never spoken here: `jobs` asks the client and hands the answer in.
"""

from studio.lifecycle.asking import record_query
from studio.lifecycle.changes import FINAL, NotPossibleError, Status, User, lock, note, tell
from studio.lifecycle.deliveries import (
    UNCLAIMED,
    WAITS,
    addressed,
    apply,
    apply_left_behind,
    apply_waiting,
    receive,
    replay,
)
from studio.lifecycle.people import (
    adopt,
    ask_now,
    bring_in,
    cancel,
    create,
    delete,
    give_up,
    send_again,
    try_again,
)
from studio.lifecycle.saving import ask_again, asset_saved
from studio.lifecycle.sending import MAX_BLOCKED, begin_send, expire_sends, record_answer

__all__ = [
    "FINAL",
    "MAX_BLOCKED",
    "UNCLAIMED",
    "WAITS",
    "NotPossibleError",
    "Status",
    "User",
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
    "create",
    "delete",
    "expire_sends",
    "give_up",
    "lock",
    "note",
    "receive",
    "record_answer",
    "record_query",
    "replay",
    "send_again",
    "tell",
    "try_again",
]
