"""Firefox, as Debian has it."""

from tests.engines import flows, making, sounds

ENGINE = "firefox"


class TestOperations(flows.Operations):
    pass


class TestFlows(flows.Flows):
    pass


class TestMaking(making.Making):
    pass


class TestPlayer(sounds.Player):
    pass


class TestMixer(sounds.Mixer):
    pass
