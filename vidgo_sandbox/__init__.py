"""A small service that speaks the Vidgo music API, for trying and testing without paying."""

from vidgo_sandbox.sandbox import Sandbox
from vidgo_sandbox.songs import SONGS

__all__ = ["SONGS", "Sandbox"]
