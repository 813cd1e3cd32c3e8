"""Paints a captured terminal (tmux capture-pane -e -p -N) to a PNG, as a screen would show it.

Usage: paint.py dark|light OUT.png [far] < capture

With `far` the picture is what a camera sees from a distance: letters run into filled cells.
"""

import re
import sys

from PIL import Image, ImageDraw, ImageFilter, ImageFont

CELL_W, CELL_H = 8, 16
THEMES = {"dark": ((229, 229, 229), (0, 0, 0)), "light": ((30, 30, 30), (255, 255, 255))}
BASE = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205),
        (0, 205, 205), (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0),
        (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)]


def palette(number):
    """The colour of xterm's 256-colour palette."""
    if number < 16:
        return BASE[number]
    if number < 232:
        number -= 16
        level = [0, 95, 135, 175, 215, 255]
        return level[number // 36], level[number // 6 % 6], level[number % 6]
    grey = 8 + 10 * (number - 232)
    return grey, grey, grey


class Pen:
    """The colours in force; None is the theme's own."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.fg = self.bg = None
        self.reverse = False

    def sgr(self, text):
        codes = [int(code or 0) for code in text.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (7, 27):
                self.reverse = code == 7
            elif code in (38, 48) and codes:
                kind = codes.pop(0)
                if kind == 5:
                    colour = palette(codes.pop(0))
                else:
                    colour = tuple(codes.pop(0) for _ in range(3))
                if code == 38:
                    self.fg = colour
                else:
                    self.bg = colour
            elif code == 39:
                self.fg = None
            elif code == 49:
                self.bg = None
            elif 30 <= code <= 37:
                self.fg = BASE[code - 30]
            elif 40 <= code <= 47:
                self.bg = BASE[code - 40]
            elif 90 <= code <= 97:
                self.fg = BASE[code - 82]
            elif 100 <= code <= 107:
                self.bg = BASE[code - 92]


def main():
    fg, bg = THEMES[sys.argv[1]]
    lines = sys.stdin.buffer.read().decode().split("\n")
    plain = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in lines]
    width = max(len(line) for line in plain)
    image = Image.new("RGB", ((width + 4) * CELL_W, (len(lines) + 2) * CELL_H), bg)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(14)
    pen = Pen()
    for row, line in enumerate(lines):
        column = 0
        for part in re.split("(\x1b\\[[0-9;]*m)", line):
            if part.startswith("\x1b["):
                pen.sgr(part[2:-1])
                continue
            for char in part:
                ink, paper = pen.fg or fg, pen.bg or bg
                if pen.reverse:
                    ink, paper = paper, ink
                x, y = (column + 2) * CELL_W, (row + 1) * CELL_H
                middle, right, bottom = y + CELL_H // 2, x + CELL_W - 1, y + CELL_H - 1
                draw.rectangle((x, y, right, bottom), fill=paper)
                if char == "█":
                    draw.rectangle((x, y, right, bottom), fill=ink)
                elif char == "▀":
                    draw.rectangle((x, y, right, middle - 1), fill=ink)
                elif char == "▄":
                    draw.rectangle((x, middle, right, bottom), fill=ink)
                elif char != " ":
                    draw.text((x, y + 2), char, fill=ink, font=font)
                column += 1
    if "far" in sys.argv[3:]:
        image = image.filter(ImageFilter.GaussianBlur(6)).reduce(2)
    image.save(sys.argv[2])


main()
