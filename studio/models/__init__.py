"""What the product keeps: data and constraints only. Who changes a status: `lifecycle`."""

from studio.models.account import Account, Allowance, Spent
from studio.models.files import (
    Asset,
    Preview,
    Track,
    Upload,
    asset_path,
    preview_path,
    shown_path,
    upload_path,
)
from studio.models.mixes import Mix
from studio.models.tasks import Delivery, Event, Task, unguessable
from studio.models.watch import Alarm, Backup, Beat
from studio.models.work import Work

__all__ = [
    "Account",
    "Alarm",
    "Allowance",
    "Asset",
    "Backup",
    "Beat",
    "Delivery",
    "Event",
    "Mix",
    "Preview",
    "Spent",
    "Task",
    "Track",
    "Upload",
    "Work",
    "asset_path",
    "preview_path",
    "shown_path",
    "unguessable",
    "upload_path",
]
