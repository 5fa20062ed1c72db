"""What strangers send, made safe for a line of the log: nothing in it ends the line, or moves a terminal's cursor."""

import re

# C0, DEL and C1 (CR, LF and ESC among them), the two line separators, what turns the direction of writing round, and
# halves of surrogate pairs, which UTF-8 cannot write.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_INDENT = "    "


def escaped(text: str) -> str:
    r"""`text` with such characters as `\x1b` or `\u2028`."""
    return _UNSAFE.sub(_escape, text)


def indented(text: str) -> str:
    """The lines of `text`, each escaped and moved to the right: none of them can pass for a line of its own."""
    return "\n".join(_INDENT + escaped(line) for line in text.split("\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
