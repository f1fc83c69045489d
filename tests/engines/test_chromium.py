"""Chromium, in which everything else is tried as well: in tests/browser/ all five operations."""

from tests.engines import flows, sounds

ENGINE = "chromium"


class TestFlows(flows.Flows):
    pass


class TestPlayer(sounds.Player):
    pass


class TestMixer(sounds.Mixer):
    pass
