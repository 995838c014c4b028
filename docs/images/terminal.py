#!/usr/bin/env python3
"""terminal.py OUT.svg COMMAND ARGS…: runs a command at a terminal and draws what it printed.

The picture is the command's real output with its colours; only lines longer than the terminal are
folded, as a terminal folds them. Used so: cd docs/images && ./terminal.py npm.svg ../../examples/npm/run.sh
"""
import fcntl
import os
import pty
import re
import struct
import sys
import termios
from html import escape

COLUMNS, ROWS = 118, 50
CELL, LINE, MARGIN = 7.83, 18, 16
COLOURS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341"}
SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b[()][0-9A-B]|\x1b[=>78]")


def capture(command):
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.environ.pop("NO_COLOR", None)
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    output = b""
    while True:
        try:
            output += os.read(terminal, 65536)
        except OSError:  # the last writer has closed it
            break
    os.waitpid(child, 0)
    return output.decode()


def lines_of(text):
    """Lines of cells (character, style); carriage returns and erased lines are obeyed."""
    lines, column, style = [[]], 0, (None, False)
    at = 0
    while at < len(text):
        sequence = SEQUENCE.match(text, at)
        if sequence:
            at = sequence.end()
            codes, final = sequence.group(1), sequence.group(2)
            if final == "m":
                for code in (int(c or 0) for c in codes.split(";")):
                    style = (None, False) if code == 0 else (style[0], True) if code == 2 else (COLOURS.get(code, style[0]), style[1])
            elif final == "K":
                del lines[-1][column:]
            elif final == "G":
                column = 0
            continue
        character = text[at]
        at += 1
        if character == "\n":
            lines.append([])
            column = 0
        elif character == "\r":
            column = 0
        else:
            if column == COLUMNS:
                lines.append([])
                column = 0
            lines[-1][column:column + 1] = [(character, style)]
            column += 1
    while lines and not "".join(c for c, _ in lines[-1]).strip():
        lines.pop()
    return lines


def draw(lines, title):
    width, height = MARGIN * 2 + COLUMNS * CELL, MARGIN * 2 + 34 + len(lines) * LINE
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
           f'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="13">')
    yield f'<title>{escape(title)}</title>'
    yield f'<rect width="{width:.0f}" height="{height:.0f}" rx="10" fill="#0d1117"/>'
    for i, dot in enumerate(("#ff5f56", "#ffbd2e", "#27c93f")):
        yield f'<circle cx="{22 + 20 * i}" cy="20" r="6" fill="{dot}"/>'
    for number, line in enumerate(lines):
        spans, run, last = [], "", None
        for character, style in [*line, ("", "end")]:
            if style != last and run:
                colour, dim = last
                # Each run is placed by itself: viewers differ in how wide their monospaced letters are.
                x = MARGIN + CELL * sum(len(s[1]) for s in spans)
                spans.append((x, run, colour or "#c9d1d9", dim))
                run = ""
            run, last = run + character, style
        for x, run, colour, dim in spans:
            if run.strip():
                faint = ' opacity="0.6"' if dim else ""
                yield (f'<text x="{x:.1f}" y="{MARGIN + 34 + number * LINE + 13}" fill="{colour}"{faint} '
                       f'textLength="{len(run) * CELL:.1f}" xml:space="preserve">{escape(run)}</text>')
    yield "</svg>"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    command = sys.argv[2:]
    shown = " ".join(command).replace("../../", "")
    prompt = [(c, ("#7ee787", False)) for c in "$ "] + [(c, (None, False)) for c in shown]
    lines = [prompt, *lines_of(capture(command))]
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write("\n".join(draw(lines, shown)) + "\n")


main()
