"""Words: titles, lyrics, styles, and when they are sung."""

import re
from typing import Any

INSTRUMENTAL = "[Instrumental]"


def of_song(given: dict[str, Any], source: dict[str, Any]) -> dict[str, str]:
    """Return title, tags and prompt of the song that ``given`` asks for, made from ``source``."""
    described = given.get("prompt", "")
    is_simple = given.get("custom_mode") is False
    return {
        "title": given.get("title") or source.get("title") or _title(described) or "Untitled",
        "tags": given.get("style") or given.get("tags") or source.get("tags") or described[:100],
        "prompt": _lyrics(given, source, described, is_simple),
    }


def _lyrics(given: dict[str, Any], source: dict[str, Any], described: str, is_simple: bool) -> str:
    if given.get("instrumental") or not (described or source.get("prompt")):
        return INSTRUMENTAL
    if is_simple:
        return variations(described)[0]["text"]
    new = given.get("full_lyrics") or described
    old = str(source.get("prompt", "")).removeprefix(INSTRUMENTAL)
    return new if "full_lyrics" in given else f"{old}\n{new}".strip()


def variations(described: str) -> list[dict[str, str]]:
    """Return two songs about what is described: title and text."""
    title = _title(described) or "Untitled"
    lines = [f"Oh, {described.strip().rstrip('.')[:80]}", "All night long we sing it again"]
    return [
        {"title": title, "text": "[Verse]\n" + "\n".join(lines) + f"\n[Chorus]\n{title}, {title}"},
        {"title": f"{title} (Reprise)", "text": f"[Chorus]\n{title}, oh\n[Verse]\n{lines[0]}"},
    ]


def boosted(content: str) -> str:
    """Return a richer style."""
    return f"{content.strip()}, warm analogue texture, wide stereo, a slow build to a bright chorus"


def timed(prompt: str, seconds: float) -> dict[str, Any]:
    """Return the words of ``prompt``, each as long as the others, with marks and line breaks."""
    found = re.findall(r"(?:\[[^\]]*\]\s*)?[^\s\[]+\s*", prompt)
    each = seconds / max(len(found), 1)
    aligned = [
        {
            "word": word,
            "success": True,
            "start_s": round(place * each, 3),
            "end_s": round((place + 0.9) * each, 3),
            "palign": 0,
        }
        for place, word in enumerate(found)
    ]
    waves = [0.2, 0.8, 0.5, 0.9]
    return {
        "aligned_words": aligned,
        "waveform_data": waves,
        "hoot_cer": 0.1,
        "is_streamed": False,
    }


def _title(described: str) -> str:
    return " ".join(re.findall(r"\w+", described)[:3]).title()
