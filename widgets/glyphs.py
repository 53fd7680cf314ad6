"""The symbols the app draws, by meaning. Each is one cell wide, and has an ASCII stand-in of one cell.

`filters.AsciiFilter` swaps them at the last moment, so widgets use these names and never ask which set is on.
"""

from __future__ import annotations

ERROR = "✖"
ANOMALY = "▲"
OK = "·"
RUNNING = "●"
STALLED = "◌"
MARK = "◆"
FINDING = "↻"
CURSOR = "▌"
FOLDED = "▸"
UNFOLDED = "▾"
TIMES = "×"
DOWN = "↓"
UP = "↑"
ARROW = "→"
SEPARATOR = "│"
BRANCH = "└"
PENCIL = "±"
FLAG = "⚑"
STREAM = "~"
SPARKS = " ▁▂▃▄▅▆▇█"

ASCII = {
    **{ERROR: "x", ANOMALY: "!", OK: ".", RUNNING: "*", STALLED: "o", MARK: "#", CURSOR: ">", FINDING: "@"},
    **{FOLDED: ">", UNFOLDED: "v", TIMES: "x", DOWN: "v", UP: "^", ARROW: ">"},
    **dict(zip(SPARKS[1:], "_.,-=+*#", strict=True)),
    **dict(zip("│┃║▏▎▍▋▊▉▕▐╵╷╎┆┊", "||||||||||||||||", strict=True)),
    **dict(zip("─━═▔▂╌┄┈╴╶╸╺", "---------...", strict=True)),
    **dict(zip("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╒╕╘╛", "+++++++++++++++++++++", strict=True)),
    **{"…": "~", "–": "-", "—": "-", "•": "*", "◀": "<", "▶": ">", "▼": "v", "►": ">", "◄": "<", "↵": "$"},
    **{
        "±": "+",
        "⟨": "<",
        "⟩": ">",
        "␛": "^",
        "␤": "^",
        "␀": "^",
        "␡": "^",
        "✔": "v",
        "✗": "x",
        "⏎": "$",
        "⌕": "/",
    },
    **{
        "▀": '"',
        "▄": "_",
        "■": "#",
        "□": "o",
        "○": "o",
        "◐": "o",
        "⚑": "!",
        "∙": ".",
        "⋯": "~",
        "≥": ">",
        "≤": "<",
        "Δ": "d",
    },
    **{"█": "#", "←": "<", "↔": "-", "▪": "*", "▫": "o", "◇": "o", "⇥": ">", "░": ".", "▒": ":", "▓": "#"},
}
"""Stand-ins for the symbols above, and for what the toolkit draws borders and scrollbars with."""
