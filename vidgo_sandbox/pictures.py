"""Pictures: covers and the still frame of a music video."""

import random
import unicodedata
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_INK = (255, 255, 255, 255)
_PALETTES = (
    ("#1b1b3a", "#b5446e", "#ffd9a0"),
    ("#03191e", "#2f7f79", "#e8f1c5"),
    ("#231942", "#5e548e", "#f2c6de"),
    ("#0b132b", "#3a6ea5", "#f9dc8c"),
    ("#2b1200", "#d1603d", "#ffe0ac"),
)


def cover(seed: str, title: str, size: int, target: Path) -> None:
    """Paint a square cover with ``title``; the same ``seed`` gives the same picture."""
    chance = random.Random(seed)  # noqa: S311
    canvas = _background(chance, size, size)
    shapes = Image.new("RGBA", canvas.size)
    pen = ImageDraw.Draw(shapes)
    for _ in range(chance.randint(5, 9)):
        x, y, radius = (
            chance.randint(0, size),
            chance.randint(0, size),
            size // chance.randint(4, 14),
        )
        box = (x - radius, y - radius, x + radius, y + radius)
        alpha = chance.randint(30, 95)
        if chance.random() < 0.5:
            pen.ellipse(box, fill=(255, 255, 255, alpha))
        else:
            pen.ellipse(box, outline=(255, 255, 255, alpha + 90), width=max(2, size // 120))
    horizon = int(size * 0.72)
    pen.rectangle((0, horizon, size, size), fill=(0, 0, 0, 110))
    canvas.alpha_composite(shapes)
    _write(canvas, title, size // 2, int(size * 0.86), size // 9)
    canvas.convert("RGB").save(target, quality=88)


def video_frame(
    title: str, author: str, domain_name: str, size: tuple[int, int], target: Path
) -> None:
    """Paint what stands still in a video: title and author above, domain_name at the bottom."""
    width, height = size
    chance = random.Random(title + author)  # noqa: S311
    canvas = _background(chance, width, height)
    canvas.alpha_composite(Image.new("RGBA", size, (0, 0, 0, 90)))
    _write(canvas, title, width // 2, int(height * 0.13), height // 9)
    _write(canvas, author, width // 2, int(height * 0.26), height // 14)
    _write(canvas, domain_name, width // 2, int(height * 0.93), height // 16)
    canvas.convert("RGB").save(target)


def _background(chance: random.Random, width: int, height: int) -> Image.Image:
    dark, middle, light = chance.choice(_PALETTES)
    ramp = Image.linear_gradient("L").rotate(chance.choice((0, 180)))
    tilted = Image.blend(ramp, Image.radial_gradient("L"), chance.uniform(0.25, 0.6))
    coloured = ImageOps.colorize(tilted, dark, light, mid=middle)
    return coloured.resize((width, height), Image.Resampling.BICUBIC).convert("RGBA")


def _write(canvas: Image.Image, text: str, x: int, y: int, size: int) -> None:
    """Write one centred line, smaller if it is too long for the canvas."""
    if not text:
        return
    pen = ImageDraw.Draw(canvas)
    text, font = _font(text, size)
    while pen.textlength(text, font=font) > canvas.width * 0.92 and size > 8:
        size -= 1
        text, font = _font(text, size)
    pen.text((x + 2, y + 2), text, font=font, fill=(0, 0, 0, 160), anchor="mm")
    pen.text((x, y), text, font=font, fill=_INK, anchor="mm")


def _font(text: str, size: int) -> tuple[str, Font]:
    """Return text and font that fit each other on this machine."""
    if not text.isascii():
        for name in ("DejaVuSans.ttf", "Arial.ttf", "LiberationSans-Regular.ttf"):
            try:
                return text, ImageFont.truetype(name, size)
            except OSError:
                continue
        # Pillow's own font knows plain letters only: better no accent than an empty box.
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return text, ImageFont.load_default(size)
