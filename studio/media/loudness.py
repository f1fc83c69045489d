"""How loud a sound is, measured by ffmpeg while it is decoded, in LUFS (ITU-R BS.1770), as mono."""

import re

# Of a whole sound, where silence does not count.
WHOLE = "aformat=channel_layouts=mono,ebur128=framelog=quiet"
# Of one of the parts of a song, where silence counts, so that they add up: the filters of BS.1770,
# with room above, and no gate.
PART = (
    "volume=-6dB,aformat=channel_layouts=mono,"
    "treble=g=4:f=1682:t=q:w=0.707,highpass=f=38:t=q:w=0.5,volumedetect"
)
# Decibels: the room, both sides, and what a full tone is said to be.
_ADDED = 6 + 3.01 - 0.69
_WHOLE = re.compile(r"I:\s+(-?[\d.]+) LUFS")
_PART = re.compile(r"mean_volume: (-?[\d.]+) dB")


def read(told: str) -> float | None:
    """Return what ffmpeg has `told` of the loudness, None where it was not measured."""
    if part := _PART.search(told):
        return float(part[1]) + _ADDED
    found = _WHOLE.findall(told)
    return float(found[-1]) if found else None
