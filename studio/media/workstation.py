"""All stems as a project that an audio workstation opens: DAWproject 1.0, an open format.

A ZIP with `project.xml`, `metadata.xml` and a WAV for each stem, all of them from second 0 and of
one length. The faders stand as they do in the mixer, the tempo is the song's.
(github.com/bitwig/dawproject, Project.xsd)
"""

from collections.abc import Iterator
from contextlib import ExitStack
from xml.etree.ElementTree import Element, SubElement, tostring

from zipstream import ZipStream

from studio.media import mixing, slices
from studio.media.mixing import Lane, Stems
from studio.media.rhythm import Rhythm
from studio.storage.names import file_name
from vidgo_site import VERSION

CONTENT_TYPE = "application/zip"


def write(title: str, stems: Stems, gain: float, rhythm: Rhythm) -> tuple[Iterator[bytes], int]:
    """Return the project piece by piece while it is made, and its size in bytes.

    `stems` with gain and pan of each, `gain` of the whole. Raises BusyError and FileNotFoundError
    at once.
    """
    frames = max(slices.count(lane.stem) for lane in stems)
    bundle = ZipStream(sized=True)
    bundle.add(_text(_metadata(title)), "metadata.xml")
    bundle.add(_text(_project(stems, gain, frames / slices.RATE, rhythm)), "project.xml")
    for lane in stems:
        samples = mixing.wav(lane.stem, frames)
        bundle.add(samples, _path(lane.stem), size=mixing.wav_size(frames))
    pieces = _hold(bundle)
    # Begun here, so that whoever drops it unread still gives its slot back.
    next(pieces)
    return pieces, len(bundle)


def _hold(bundle: ZipStream) -> Iterator[bytes]:
    with ExitStack() as stack:
        stack.enter_context(mixing.slot())
        yield b""
        yield from bundle


def _path(stem: mixing.Preview) -> str:
    """Return where a stem's sound lies in the ZIP; its number keeps two of one name apart."""
    return f"audio/{file_name(_name(stem), str(stem.asset_id), content_type='audio/x-wav')}"


def _name(stem: mixing.Preview) -> str:
    return _printable(stem.asset.label) if stem.asset else ""


def _printable(text: str) -> str:
    # XML 1.0 has no control characters, and a title is what somebody typed.
    return "".join(c for c in text if c.isprintable())


def _text(root: Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root)


def _metadata(title: str) -> Element:
    root = Element("MetaData")
    SubElement(root, "Title").text = _printable(title)
    return root


def _project(stems: Stems, gain: float, seconds: float, rhythm: Rhythm) -> Element:
    root = Element("Project", version="1.0")
    SubElement(root, "Application", name="Vidgo Studio", version=VERSION)
    if rhythm.tempo:
        tempo = {"id": "tempo", "unit": "bpm", "value": f"{rhythm.tempo:.3f}"}
        SubElement(SubElement(root, "Transport"), "Tempo", tempo)
    structure = SubElement(root, "Structure")
    arrangement = SubElement(root, "Arrangement", id="arrangement")
    lanes = SubElement(arrangement, "Lanes", id="lanes", timeUnit="seconds")
    for mixed in stems:
        stem = mixed.stem
        number = str(stem.asset_id)
        track = SubElement(structure, "Track", id=f"track-{number}", name=_name(stem))
        track.attrib |= {"contentType": "audio", "loaded": "true"}
        channel = SubElement(track, "Channel", id=f"channel-{number}", destination="master")
        channel.attrib |= {"role": "regular", "audioChannels": "2"}
        _faders(channel, number, mixed)
        lane = SubElement(lanes, "Lanes", id=f"lane-{number}", track=track.attrib["id"])
        _clip(lane, stem, seconds)
    if rhythm.beat is not None:
        markers = SubElement(arrangement, "Markers", id="markers", timeUnit="seconds")
        SubElement(markers, "Marker", time=f"{rhythm.beat:.4f}", name="First beat")
    master = SubElement(structure, "Track", id="track-master", name="Master", contentType="audio")
    channel = SubElement(master, "Channel", id="master", role="master", audioChannels="2")
    volume = {"id": "volume-master", "unit": "linear", "value": f"{gain:.4f}"}
    SubElement(channel, "Volume", volume)
    return root


def _faders(channel: Element, number: str, mixed: Lane) -> None:
    # Its full gain is kept where a stem is muted: whoever opens the project puts it on again.
    mute = {"id": f"mute-{number}", "value": str(not mixed.gain).lower()}
    SubElement(channel, "Mute", mute)
    # From 0, left, to 1, right.
    pan = {"id": f"pan-{number}", "unit": "normalized", "value": f"{(mixed.pan + 1) / 2:.4f}"}
    SubElement(channel, "Pan", pan)
    volume = {"id": f"volume-{number}", "unit": "linear", "value": f"{mixed.gain or 1:.4f}"}
    SubElement(channel, "Volume", volume)


def _clip(lane: Element, stem: mixing.Preview, seconds: float) -> None:
    duration = f"{seconds:.6f}"
    clips = SubElement(lane, "Clips", id=f"clips-{stem.asset_id}")
    clip = SubElement(clips, "Clip", time="0", duration=duration, name=_name(stem))
    known = {"channels": "2", "sampleRate": str(slices.RATE), "duration": duration}
    audio = SubElement(clip, "Audio", known, id=f"audio-{stem.asset_id}")
    SubElement(audio, "File", path=_path(stem))
