"""Draws what the demonstration's products look like on a screen: a shape and a colour, by their name."""

from __future__ import annotations

import functools
import io
import math
import re
import zlib
from collections.abc import Callable

from PIL import Image, ImageDraw

SIDE = 320
_SCALE = 2
"""Drawn so many times larger and made small, which smooths the edges."""
_GROUND, _SHADOW, _PAPER, _METAL = "#f3f0e8", "#dfd9cb", "#fffdf8", "#c9ced3"
_PALETTE = (
    "#b8452f", "#c97b2b", "#d3a62e", "#5f8f3e", "#2f8f78",
    "#2f7fa8", "#4c6a92", "#7b5ea7", "#a85d7a", "#8a6244",
)  # fmt: skip
_COLOURS = (
    (r"apple\b|apples|tomato|pomegranate|chilli|cranberr|kidney|kirsch|paprika", "#c2362c"),
    (r"mango|orange|carrot|papaya|turmeric|masala|karott", "#e8892b"),
    (r"banana|lemon|lime|butter|corn|honey|cheese|cheddar|zitron|käse", "#e5b933"),
    (r"spinach|coriander|okra|capsicum|green|mint|neem|tulsi|tea\b|peas|gurke", "#4c8f3d"),
    (r"onion|grape|berr|beet|plum|traube", "#8a4a8f"),
    (r"coffee|cocoa|chocolate|potato|ginger|bread|atta|almond|kaffee|brot|kartoffel", "#8a5a36"),
    (r"garlic|cauliflower", "#d9cfa8"),
    (r"milk|curd|yoghurt|cream|paneer|water|milch|quark|joghurt|wasser", "#6fa3cc"),
)
_SHAPES = (
    (r"grapes|cauliflower|trauben", "cluster"),
    (r"spinach|leaves|bunch", "leaves"),
    (r"bananas|bananen", "bananas"),
    (r"carrots|okra|karotten|gurke", "long"),
    (r"eggs|eier", "eggs"),
    (r"^(?!.*(powder|mix|shampoo|sauce|batter|cake|butter\b|pocket)).*(loaf|bread|brot)\b", "loaf"),
    (r"buns|rolls, 4 p|muffins|croissants|brötchen|brezel|pastry|brownies|rusk|cake,", "bun"),
    (r"roti|kulcha|pizza base|parathas|khakhra", "disc"),
    (r"towel|tissue|foil", "roll"),
    (r"ketchup|sauce, 200|soy sauce|oil\b|syrup|water|wasser|soda|\bcola|\bale\b|schorle|öl\b", "bottle"),
    (r"cleaner|liquid|softener|degreaser|shampoo hib|conditioner|face wash|mouthwash", "bottle"),
    (r"wash refill|sanitiser|cold brew|spülmittel", "bottle"),
    (r"milk, |milk uns|lassi|buttermilk|fresh cream|juice|nectar|milch|saft", "carton"),
    (r"ghee|jam\b|honey|honig|marmalade|spread|pickle|mayonnaise|instant coffee|decaff", "jar"),
    (r"almond butter|peanut butter|senf|konfitüre", "jar"),
    (r"powder, 200 g|powder, 100|seeds|masala, 100|pepper, 100|cardamom", "jar"),
    (r"toothpaste|lotion|sunscreen|shaving|lip balm|deodorant|zahnpasta", "tube"),
    (r"curd|yoghurt|gulab|energy drink|malted|quark|joghurt", "tub"),
    (r"butter|paneer|cheese|cheddar|mozzarella|soap|\bbar\b|käse|katli|papdi", "block"),
    (r"chocolate [7m]|chocolate, 100|schokolade|seife", "block"),
    (r"rice|dal\b|flour|atta|maida|besan|semolina|rajma|chana|quinoa|sugar|salt|mehl", "pouch"),
    (r"chips|bhujia|poha|peas|corn,|makhana|cashews|almonds|raisins|dates|oats|batter", "pouch"),
    (r"beans|bag\b|bags|coffee|kaffee|nudel", "pouch"),
)
_BAKED = frozenset({"loaf", "bun", "disc"})
_CRUSTS = ("#b5793a", "#c08a45", "#a0672f")
_LOOSE = (
    r"mangoes|apples|oranges|pomegranate, 2|papaya|sweet lime|tomatoes|onions|potatoes|capsicum|ginger, 200"
    r"|garlic, 200|lemons|äpfel|tomaten|kartoffeln|zitronen"
)
_Draw = ImageDraw.ImageDraw


def picture(name: str) -> bytes:
    """Return the picture of a product of that name as WebP, ``SIDE`` pixels wide and high."""
    return _drawn(shape(name), colour(name))


def shape(name: str) -> str:
    """Return which drawing stands for a product."""
    text = name.lower()
    if re.search(_LOOSE, text) and not re.search(r"juice|powder|sauce|mix|ketchup|chips|saft", text):
        return "fruit"
    return next((each for words, each in _SHAPES if re.search(words, text)), "box")


def colour(name: str) -> str:
    """Return the colour of a product, ``#rrggbb``: what it is known by, else one of a few."""
    text = name.lower()
    if shape(name) in _BAKED:
        return _CRUSTS[zlib.crc32(text.encode()) % len(_CRUSTS)]
    known = next((each for words, each in _COLOURS if re.search(words, text)), None)
    return known or _PALETTE[zlib.crc32(text.encode()) % len(_PALETTE)]


@functools.lru_cache(maxsize=256)
def _drawn(shape_name: str, fill: str) -> bytes:
    image = Image.new("RGB", (SIDE * _SCALE, SIDE * _SCALE), _GROUND)
    draw = ImageDraw.Draw(image)
    draw.ellipse((120, 500, 520, 560), fill=_SHADOW)
    _DRAWINGS[shape_name](draw, fill)
    out = io.BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.BOX).save(out, "WEBP", quality=80, method=1)
    return out.getvalue()


def _shade(fill: str, factor: float) -> tuple[int, int, int]:
    """Return the colour darker (below 1) or lighter (above)."""
    parts = (int(fill[place : place + 2], 16) for place in (1, 3, 5))
    red, green, blue = (round(min(255.0, part * factor)) for part in parts)
    return red, green, blue


def _label(draw: _Draw, left: int, top: int, right: int, bottom: int, fill: str) -> None:
    draw.rounded_rectangle((left, top, right, bottom), 12, fill=_PAPER)
    middle = (top + bottom) // 2
    draw.ellipse((left + 24, middle - 30, left + 84, middle + 30), fill=fill)
    for line, length in ((-20, 1.0), (4, 0.8), (28, 0.55)):
        width = round((right - left - 130) * length)
        if width > 0:
            draw.rounded_rectangle(
                (left + 104, middle + line - 6, left + 104 + width, middle + line + 4), 4, fill=_SHADOW
            )


def _box(draw: _Draw, fill: str) -> None:
    draw.polygon(((180, 170), (230, 120), (500, 120), (450, 170)), fill=_shade(fill, 1.25))
    draw.polygon(((450, 170), (500, 120), (500, 490), (450, 540)), fill=_shade(fill, 0.75))
    draw.rectangle((180, 170, 450, 540), fill=fill)
    _label(draw, 204, 270, 426, 430, fill)


def _pouch(draw: _Draw, fill: str) -> None:
    draw.polygon(((190, 150), (450, 150), (480, 530), (160, 530)), fill=fill)
    draw.rectangle((184, 110, 456, 156), fill=_shade(fill, 0.8))
    draw.rounded_rectangle((156, 510, 484, 544), 12, fill=_shade(fill, 0.85))
    _label(draw, 206, 250, 434, 420, fill)


def _bottle(draw: _Draw, fill: str) -> None:
    draw.rectangle((284, 92, 356, 150), fill=_shade(fill, 0.65))
    draw.polygon(((290, 146), (350, 146), (420, 262), (220, 262)), fill=_shade(fill, 1.1))
    draw.rounded_rectangle((218, 240, 422, 544), 30, fill=fill)
    _label(draw, 218, 310, 422, 450, fill)


def _jar(draw: _Draw, fill: str) -> None:
    draw.rounded_rectangle((196, 210, 444, 544), 48, fill=fill)
    draw.rounded_rectangle((210, 150, 430, 222), 14, fill=_METAL)
    draw.rectangle((210, 200, 430, 210), fill=_SHADOW)
    _label(draw, 196, 310, 444, 460, fill)


def _carton(draw: _Draw, fill: str) -> None:
    draw.rectangle((220, 90, 420, 126), fill=_shade(fill, 0.7))
    draw.polygon(((220, 122), (420, 122), (450, 220), (190, 220)), fill=_shade(fill, 1.2))
    draw.rectangle((190, 220, 450, 544), fill=fill)
    _label(draw, 210, 300, 430, 450, fill)


def _tub(draw: _Draw, fill: str) -> None:
    draw.polygon(((170, 270), (470, 270), (430, 544), (210, 544)), fill=fill)
    draw.rounded_rectangle((156, 226, 484, 282), 20, fill=_shade(fill, 0.75))
    _label(draw, 214, 330, 426, 460, fill)


def _tube(draw: _Draw, fill: str) -> None:
    draw.polygon(((210, 120), (430, 120), (390, 470), (250, 470)), fill=fill)
    draw.rectangle((204, 96, 436, 132), fill=_shade(fill, 0.8))
    draw.rounded_rectangle((264, 466, 376, 544), 12, fill=_PAPER, outline=_SHADOW, width=4)
    _label(draw, 240, 220, 400, 350, fill)


def _block(draw: _Draw, fill: str) -> None:
    draw.polygon(((120, 320), (200, 250), (540, 250), (460, 320)), fill=_shade(fill, 1.2))
    draw.polygon(((460, 320), (540, 250), (540, 460), (460, 530)), fill=_shade(fill, 0.75))
    draw.rectangle((120, 320, 460, 530), fill=fill)
    _label(draw, 150, 360, 430, 490, fill)


def _loaf(draw: _Draw, fill: str) -> None:
    draw.rounded_rectangle((110, 260, 530, 536), 110, fill=_shade(fill, 1.15))
    draw.rounded_rectangle((110, 400, 530, 536), 40, fill=_shade(fill, 1.15))
    for left in (200, 290, 380):
        draw.line(((left, 380), (left + 60, 300)), fill=_shade(fill, 1.7), width=18)


def _bun(draw: _Draw, fill: str) -> None:
    for left, top in ((190, 230), (100, 350), (290, 350)):
        draw.ellipse((left, top, left + 250, top + 190), fill=_shade(fill, 1.15), outline=_GROUND, width=6)
        draw.arc((left + 40, top + 26, left + 210, top + 130), 200, 320, fill=_shade(fill, 1.6), width=12)


def _disc(draw: _Draw, fill: str) -> None:
    for top in (360, 310, 260):
        draw.ellipse((110, top, 530, top + 180), fill=_shade(fill, 1.25), outline=_shade(fill, 0.8), width=6)
    for left, top in ((230, 310), (350, 350), (290, 380), (400, 300)):
        draw.ellipse((left, top, left + 44, top + 22), fill=_shade(fill, 0.85))


def _fruit(draw: _Draw, fill: str) -> None:
    for left, top, size in ((110, 300, 230), (300, 310, 220), (200, 180, 240)):
        draw.ellipse((left, top, left + size, top + size), fill=fill, outline=_GROUND, width=6)
        draw.ellipse((left + 50, top + 40, left + 100, top + 80), fill=_shade(fill, 1.35))
    draw.line(((320, 200), (330, 140)), fill="#6b4a2b", width=14)
    draw.ellipse((330, 120, 420, 166), fill="#5f9a46")


def _cluster(draw: _Draw, fill: str) -> None:
    for row, count in enumerate((5, 4, 3, 2, 1)):
        for place in range(count):
            left, top = 320 - count * 44 + place * 88, 180 + row * 70
            draw.ellipse((left, top, left + 92, top + 92), fill=fill, outline=_GROUND, width=5)
            draw.ellipse((left + 20, top + 16, left + 42, top + 34), fill=_shade(fill, 1.4))
    draw.line(((320, 190), (330, 110)), fill="#6b4a2b", width=14)


def _leaves(draw: _Draw, fill: str) -> None:
    for lean in (-170, -90, 0, 90, 170):
        tip = 320 + lean
        draw.polygon(((320, 500), (tip - 70, 260), (tip, 120), (tip + 70, 260)), fill=fill)
        draw.line(((320, 500), (tip, 160)), fill=_shade(fill, 1.4), width=8)
    draw.rounded_rectangle((264, 440, 376, 480), 12, fill="#c97b2b")
    draw.polygon(((276, 480), (364, 480), (390, 550), (250, 550)), fill=_shade(fill, 1.2))


def _long(draw: _Draw, fill: str) -> None:
    for left in (150, 270, 390):
        draw.polygon(((left, 210), (left + 100, 210), (left + 56, 540), (left + 44, 540)), fill=fill)
        draw.ellipse((left, 170, left + 100, 250), fill=_shade(fill, 1.1))
        draw.polygon(
            ((left + 30, 190), (left + 10, 90), (left + 50, 150), (left + 90, 90), (left + 70, 190)),
            "#5f9a46",
        )


def _bananas(draw: _Draw, fill: str) -> None:
    for step, factor in enumerate((0.8, 0.92, 1.05)):
        draw.polygon(
            _crescent(330 + 22 * step, 110 + 40 * step, 250 - 24 * step, 92), fill=_shade(fill, factor)
        )
        draw.line(
            _crescent(330 + 22 * step, 110 + 40 * step, 226 - 24 * step, 0), fill=_shade(fill, 1.2), width=8
        )
    draw.polygon(((528, 70), (580, 92), (566, 236), (500, 214)), fill="#7a5a2b")


def _crescent(left: int, top: int, radius: int, thickness: int) -> list[tuple[float, float]]:
    """Return the outline of a banana: bent around a point, thin at both ends."""
    outer: list[tuple[float, float]] = []
    inner: list[tuple[float, float]] = []
    for step in range(41):
        turn = math.radians(2 + 150 * step / 40)
        wide = thickness * math.sin(math.pi * (0.14 + 0.8 * step / 40)) ** 0.7
        for line, far in ((outer, radius), (inner, radius - wide)):
            line.append((left + far * math.cos(turn), top + far * math.sin(turn) * 1.25))
    return [*outer, *reversed(inner)]


def _eggs(draw: _Draw, fill: str) -> None:
    for left in (140, 270, 400):
        draw.ellipse((left, 230, left + 110, 390), fill="#ecd2b0", outline=_shade("#ecd2b0", 0.85), width=5)
    draw.polygon(((100, 350), (540, 350), (500, 530), (140, 530)), fill="#9aa5a0")
    for left in (236, 366):
        draw.line(((left, 360), (left + 10, 526)), fill="#85908b", width=10)


def _roll(draw: _Draw, fill: str) -> None:
    for left, top in ((120, 330), (330, 330), (225, 140)):
        draw.rectangle((left, top + 40, left + 190, top + 200), fill=_PAPER)
        draw.ellipse((left, top + 165, left + 190, top + 235), fill=_PAPER)
        draw.ellipse((left, top, left + 190, top + 80), fill="#ffffff", outline=_SHADOW, width=6)
        draw.ellipse((left + 64, top + 24, left + 126, top + 56), fill=fill)


_DRAWINGS: dict[str, Callable[[_Draw, str], None]] = {
    "box": _box, "pouch": _pouch, "bottle": _bottle, "jar": _jar, "carton": _carton, "tub": _tub,
    "tube": _tube, "block": _block, "loaf": _loaf, "bun": _bun, "disc": _disc, "fruit": _fruit,
    "cluster": _cluster, "leaves": _leaves, "long": _long, "bananas": _bananas, "eggs": _eggs,
    "roll": _roll,
}  # fmt: skip
