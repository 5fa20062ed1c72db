"""Labelled texts of every kind that a classifier meets, made from invented words: seeded, and copied from nowhere.

A class has words of its own among words that all share; how many of a text's words are its class's says how hard it is.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Rows = list[tuple[str, str]]
"""Text and label."""

LATIN = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "zu",
    "br",
    "el",
    "im",
    "on",
    "ur",
]
CYRILLIC = [
    "ба",
    "ве",
    "ги",
    "до",
    "жу",
    "ка",
    "ле",
    "ми",
    "но",
    "пу",
    "ра",
    "се",
    "ти",
    "фо",
    "хи",
    "ць",
    "ша",
    "ще",
    "юр",
    "ям",
]
GREEK = ["βα", "γε", "δι", "ζο", "θυ", "κα", "λε", "μι", "νο", "πυ", "ρα", "σε", "τι", "φο", "χη", "ψά", "ώς", "όν"]
ARABIC = ["با", "تي", "ثو", "جا", "حي", "خو", "دا", "ري", "زو", "سا", "شي", "صو", "طا", "عي", "غو", "فا"]
DEVANAGARI = ["का", "खि", "गु", "चे", "जो", "टा", "डि", "तु", "दे", "नो", "पा", "बि", "मु", "रे", "लो", "सा"]
HAN = [chr(0x4E00 + 37 * number) for number in range(300)]
THAI = ["กา", "ขี", "คู", "งะ", "จำ", "ชั", "ตี", "นุ", "บา", "ปี", "มู", "ระ", "ลำ", "วั", "สี"]
EMOJI = [chr(0x1F400 + number) for number in range(120)]


@dataclass(frozen=True)
class Kind:
    """How the texts of a set are made."""

    classes: int = 3
    rows: int = 300
    length: tuple[int, int] = (5, 25)
    """Words of a text, from the first to the last."""
    signal: float = 0.3
    """Share of the words that are the class's own."""
    syllables: Sequence[str] = tuple(LATIN)
    joint: str = " "
    """What stands between two words."""
    shares: Sequence[float] | None = None
    """Of the classes; None for equal ones."""
    vocabulary: int = 400
    """Words that all classes share."""


def make(kind: Kind, seed: int = 0) -> Rows:
    """Rows of that kind, the same for the same seed; every class has one at least."""
    random = np.random.default_rng(seed)
    shared = _words(kind, kind.vocabulary, random)
    own = [_words(kind, 12, random) for _ in range(kind.classes)]
    chosen = random.choice(kind.classes, kind.rows - kind.classes, p=kind.shares)
    return [(_text(kind, shared, own[each], random), f"c{each}") for each in (*range(kind.classes), *chosen)]


def _words(kind: Kind, number: int, random: np.random.Generator) -> list[str]:
    lengths = random.integers(1, 5, number) if kind.joint else np.ones(number, int)
    return ["".join(random.choice(kind.syllables, length)) for length in lengths]


def _text(kind: Kind, shared: list[str], own: list[str], random: np.random.Generator) -> str:
    length = int(random.integers(kind.length[0], kind.length[1] + 1))
    common = np.minimum(random.zipf(1.3, length) - 1, len(shared) - 1)  # a few words are most of any text
    special = random.random(length) < kind.signal
    words = [own[random.integers(len(own))] if special[at] else shared[common[at]] for at in range(length)]
    return kind.joint.join(words)


def tweets(rows: int = 300, seed: int = 0) -> Rows:
    """Three moods, with names, links, tags, emoji, shouting and slips of the keyboard."""
    random = np.random.default_rng(seed)
    faces = {"c0": "\U0001f620", "c1": "", "c2": "\U0001f44d\U0001f3fd"}
    result = []
    for text, label in make(Kind(rows=rows, length=(4, 22), signal=0.2), seed):
        words = text.split(" ")
        at = int(random.integers(len(words)))
        words[at] = [f"#{words[at]}", words[at].upper(), words[at] + words[at][-1] * 4, "&amp;"][random.integers(4)]
        if random.random() < 0.6:
            words.insert(0, f"@{words[-1]}_{random.integers(99)}")
        if random.random() < 0.4:
            words.append(f"https://t.example/{random.integers(1 << 30):x}")
        if random.random() < 0.5:
            words.append(faces[label] + "!" * int(random.integers(4)))
        result.append((" ".join(words), label))
    return result


def disputed(rows: int = 300, seed: int = 0) -> Rows:
    """A third of the texts occurs twice, half of those under another label."""
    once = make(Kind(rows=rows), seed)
    again = [(text, label if at % 2 else "c9") for at, (text, label) in enumerate(once[: rows // 3])]
    return [
        *once,
        *again,
        *make(Kind(rows=30), seed + 1),
        *[(f"{text} {at}", "c9") for at, (text, _) in enumerate(again)],
    ]


def with_rare_classes(rows: int = 300, seed: int = 0) -> Rows:
    """Two classes to learn, and three of 1, 2 and 3 rows."""
    rare = make(Kind(rows=6, classes=3), seed + 1)
    labels = ["rare1", "rare2", "rare2", "rare3", "rare3", "rare3"]
    return [
        *make(Kind(classes=2, rows=rows), seed),
        *[(text, label) for (text, _), label in zip(rare, labels, strict=True)],
    ]


def of_few_rows(seed: int = 0) -> Rows:
    """Two classes of a hundred rows, and one of three."""
    return [row for row in make(Kind(rows=3000, shares=(0.49, 0.49, 0.02)), seed) if row[1] != "c2"][:200] + [
        row for row in make(Kind(rows=3000), seed) if row[1] == "c2"
    ][:3]


def of_one_text(rows: int = 300) -> Rows:
    """The same words in every row, under two labels."""
    return [("all the same", f"c{row % 2}") for row in range(rows)]


def of_one_word(rows: int = 300, seed: int = 0) -> Rows:
    """A word a row, no two alike; its first syllable tells the class."""
    random = np.random.default_rng(seed)
    pairs = ((LATIN[row % 3] + "".join(random.choice(LATIN, 4)), f"c{row % 3}") for row in range(rows))
    return list(dict(pairs).items())


VARIED: dict[str, Callable[[], Rows]] = {
    "two-classes": lambda: make(Kind(classes=2)),
    "fifty-classes": lambda: make(Kind(classes=50, rows=1500)),
    "imbalanced": lambda: make(Kind(classes=2, rows=2000, shares=(0.99, 0.01))),
    "imbalanced-three": lambda: make(Kind(rows=2000, shares=(0.8, 0.18, 0.02), signal=0.15)),
    "long": lambda: make(Kind(rows=300, length=(600, 1000), signal=0.05, vocabulary=5000)),
    "one-word": of_one_word,
    "cyrillic": lambda: make(Kind(syllables=CYRILLIC)),
    "greek": lambda: make(Kind(syllables=GREEK)),
    "arabic": lambda: make(Kind(syllables=ARABIC)),
    "devanagari": lambda: make(Kind(syllables=DEVANAGARI)),
    "han": lambda: make(Kind(syllables=HAN, joint="", length=(8, 40))),
    "thai": lambda: make(Kind(syllables=THAI, joint="", length=(8, 40))),
    "emoji": lambda: make(Kind(syllables=EMOJI, joint="", length=(1, 12))),
    "one-text": of_one_text,
    "few-rows": of_few_rows,
    "rare-classes": with_rare_classes,
    "disputed": disputed,
    "tweets": tweets,
}
"""Each kind by name."""


def write(path: Path, rows: Rows) -> Path:
    """A CSV with the columns text and label."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path
