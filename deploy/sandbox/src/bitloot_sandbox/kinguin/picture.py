"""A key as a picture: the text in large pixels, as a PNG."""

import struct
import zlib

_SCALE = 4
_GLYPHS = {  # five rows of three pixels each, a digit a row
    "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644", "G": "34553",
    "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25573", "R": "65655", "S": "34216", "T": "72222", "U": "55557",
    "V": "55552", "W": "55775", "X": "55255", "Y": "55222", "Z": "71247", "0": "75557", "1": "26227",
    "2": "61247", "3": "61216", "4": "55711", "5": "74616", "6": "34652", "7": "71222", "8": "25252",
    "9": "25316", "-": "00700",
}  # fmt: skip


def png_of(text: str) -> bytes:
    rows = _scaled(_bitmap(text.upper()))
    raw = b"".join(b"\x00" + bytes(0 if dot else 255 for dot in row) for row in rows)
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _bitmap(text: str) -> list[list[bool]]:
    rows: list[list[bool]] = [[] for _ in range(5)]
    for letter in text:
        for row, dots in zip(rows, _GLYPHS.get(letter, "00002"), strict=True):
            row.extend(bool(int(dots) & bit) for bit in (4, 2, 1, 0))
    blank = [False] * len(rows[0])
    return [[False, *row] for row in (blank, *rows, blank)]


def _scaled(rows: list[list[bool]]) -> list[list[bool]]:
    wide = [[dot for dot in row for _ in range(_SCALE)] for row in rows]
    return [row for row in wide for _ in range(_SCALE)]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
