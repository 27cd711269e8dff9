"""Drawings of simulated goods: one small function a category, in the colour of the item, on a grid of 100 x 100.

The same picture is what shoppers see in the storefront and what a model with pictures is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

RGB: TypeAlias = tuple[int, int, int]
INK: RGB = (52, 73, 94)
PAPER: RGB = (238, 243, 248)
GLASS: RGB = (220, 232, 243)
MARK: RGB = (168, 198, 226)


@dataclass(frozen=True)
class Pen:
    """Draws on a Pillow canvas whose side is 100 units of `unit` pixels."""

    canvas: Any
    unit: float

    def box(self, x: float, y: float, wide: float, high: float, fill: RGB, corner: float = 3) -> None:
        """Draw a filled rectangle with round corners."""
        self.canvas.rounded_rectangle(self._scaled(x, y, x + wide, y + high), corner * self.unit, fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: RGB) -> None:
        """Draw a filled circle around a point."""
        self.canvas.ellipse(self._scaled(x - radius, y - radius, x + radius, y + radius), fill=fill)

    def shape(self, points: Sequence[tuple[float, float]], fill: RGB) -> None:
        """Draw a filled polygon."""
        self.canvas.polygon([(x * self.unit, y * self.unit) for x, y in points], fill=fill)

    def bowl(self, x: float, y: float, right: float, bottom: float, fill: RGB) -> None:
        """Draw the lower half of an ellipse that fills this box."""
        self.canvas.pieslice(self._scaled(x, y, right, bottom), 0, 180, fill=fill)

    def arc(self, x: float, y: float, radius: float, start: float, end: float, fill: RGB, width: float = 5) -> None:
        """Draw a part of a circle; degrees clockwise from three o'clock."""
        box = self._scaled(x - radius, y - radius, x + radius, y + radius)
        self.canvas.arc(box, start, end, fill=fill, width=round(width * self.unit))

    def line(self, points: Sequence[tuple[float, float]], fill: RGB, width: float = 3) -> None:
        """Draw a line through points."""
        scaled = [(x * self.unit, y * self.unit) for x, y in points]
        self.canvas.line(scaled, fill=fill, width=round(width * self.unit), joint="curve")

    def _scaled(self, *numbers: float) -> tuple[float, ...]:
        return tuple(number * self.unit for number in numbers)


def phone(pen: Pen, colour: RGB) -> None:
    """A phone."""
    pen.box(33, 10, 34, 80, colour, 7)
    pen.box(37, 17, 26, 66, GLASS, 3)
    pen.shape([(37, 74), (45, 58), (51, 66), (57, 54), (63, 64), (63, 83), (37, 83)], MARK)
    pen.disc(50, 13.5, 1.4, PAPER)


def phone_case(pen: Pen, colour: RGB) -> None:
    """The back of a phone in its case."""
    pen.box(31, 10, 38, 80, colour, 9)
    pen.box(36, 16, 14, 14, PAPER, 4)
    pen.disc(43, 23, 4, INK)
    pen.box(40, 78, 20, 3, PAPER, 1)


def laptop(pen: Pen, colour: RGB) -> None:
    """A laptop, open."""
    pen.box(20, 22, 60, 42, colour, 4)
    pen.box(24, 26, 52, 34, GLASS, 1)
    pen.shape([(24, 56), (38, 42), (48, 50), (60, 36), (76, 52), (76, 60), (24, 60)], MARK)
    pen.shape([(12, 68), (88, 68), (83, 76), (17, 76)], INK)


def headphones(pen: Pen, colour: RGB) -> None:
    """Headphones."""
    pen.arc(50, 52, 32, 180, 360, INK, 6)
    pen.box(13, 48, 17, 32, colour, 7)
    pen.box(70, 48, 17, 32, colour, 7)
    pen.box(27, 52, 5, 24, INK, 2)
    pen.box(68, 52, 5, 24, INK, 2)


def speaker(pen: Pen, colour: RGB) -> None:
    """A loudspeaker."""
    pen.box(30, 12, 40, 76, colour, 6)
    pen.disc(50, 62, 15, INK)
    pen.disc(50, 62, 9, MARK)
    pen.disc(50, 31, 8, INK)
    pen.disc(50, 31, 3.5, MARK)


def watch(pen: Pen, colour: RGB) -> None:
    """A watch with its strap."""
    pen.box(39, 8, 22, 84, INK, 4)
    pen.box(31, 29, 38, 42, colour, 10)
    pen.box(36, 34, 28, 32, GLASS, 6)
    pen.line([(50, 41), (50, 51), (57, 55)], INK, 2.5)


def camera(pen: Pen, colour: RGB) -> None:
    """A camera."""
    pen.box(36, 20, 28, 18, INK, 4)
    pen.box(14, 30, 72, 48, colour, 6)
    pen.disc(50, 54, 19, PAPER)
    pen.disc(50, 54, 15, INK)
    pen.disc(50, 54, 8, MARK)
    pen.box(20, 36, 9, 5, PAPER, 2)


def lens(pen: Pen, colour: RGB) -> None:
    """A lens from the side."""
    pen.box(18, 28, 50, 44, colour, 4)
    pen.box(66, 22, 14, 56, INK, 3)
    pen.box(12, 34, 8, 32, INK, 2)
    for x in (30, 36, 42, 48):
        pen.box(x, 28, 2.5, 44, INK, 0)
    pen.box(76, 26, 5, 48, MARK, 2)


def shoes(pen: Pen, colour: RGB) -> None:
    """A running shoe."""
    pen.shape([(14, 34), (34, 34), (40, 42), (54, 50), (78, 56), (88, 64), (88, 70), (14, 70)], colour)
    pen.box(12, 69, 78, 9, INK, 4)
    for x in (40, 47, 54):
        pen.line([(x, 41 + (x - 40) * 0.5), (x - 6, 53 + (x - 40) * 0.3)], PAPER, 2.5)


def sports_bag(pen: Pen, colour: RGB) -> None:
    """A bag with its handles."""
    pen.arc(50, 38, 18, 180, 360, INK, 4)
    pen.box(14, 36, 72, 44, colour, 12)
    pen.box(14, 48, 72, 3, INK, 0)
    pen.box(42, 45, 16, 9, INK, 3)
    pen.box(30, 58, 40, 14, PAPER, 3)


def wine(pen: Pen, colour: RGB) -> None:
    """A bottle."""
    pen.box(44, 8, 12, 30, INK, 3)
    pen.shape([(44, 32), (56, 32), (65, 46), (35, 46)], INK)
    pen.box(35, 44, 30, 48, INK, 5)
    pen.box(37, 56, 26, 22, PAPER, 1)
    pen.disc(50, 67, 6, colour)


def wine_glass(pen: Pen, colour: RGB) -> None:
    """A glass with wine."""
    pen.bowl(28, -6, 72, 62, GLASS)
    pen.bowl(31, 6, 69, 59, colour)
    pen.box(48, 58, 4, 28, INK, 1)
    pen.box(34, 84, 32, 5, INK, 2)


def book(pen: Pen, colour: RGB) -> None:
    """A book."""
    pen.box(26, 14, 50, 72, INK, 3)
    pen.box(31, 14, 45, 68, colour, 2)
    pen.box(40, 28, 27, 5, PAPER, 1)
    pen.box(40, 37, 18, 4, PAPER, 1)
    pen.box(29, 80, 46, 4, PAPER, 1)


def article(pen: Pen, colour: RGB) -> None:
    """A page of text."""
    pen.box(26, 12, 48, 76, INK, 4)
    pen.box(28.5, 14.5, 43, 71, (252, 253, 255), 3)
    pen.box(34, 22, 32, 18, colour, 2)
    for y in (48, 55, 62, 69, 76):
        pen.box(34, y, 32 if y < 76 else 18, 3, MARK, 1)


def video(pen: Pen, colour: RGB) -> None:
    """A film with its button."""
    pen.box(12, 24, 76, 52, INK, 6)
    pen.box(16, 28, 68, 44, colour, 3)
    pen.disc(50, 50, 14, PAPER)
    pen.shape([(46, 42), (46, 58), (59, 50)], INK)


DRAWINGS: dict[str, Callable[[Pen, RGB], None]] = {
    "phone": phone, "phone case": phone_case, "laptop": laptop, "headphones": headphones, "speaker": speaker,
    "watch": watch, "camera": camera, "lens": lens, "shoes": shoes, "sports bag": sports_bag, "wine": wine,
    "wine glass": wine_glass, "book": book, "article": article, "video": video,
}  # fmt: skip
"""How a category is drawn."""
