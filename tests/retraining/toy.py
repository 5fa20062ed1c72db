"""A few dozen texts about the weather at sea, in the classes of the toy model, and word vectors for them."""

import itertools
import random
import zlib

LABELS = ("calm", "storm", "thaw")
_OF_ALL = ("the", "sea", "came", "over", "morning", "harbour", "boat", "old", "long", "we", "saw", "it", "was")
_WORDS = {
    "calm": ("calm", "quiet", "still", "gentle", "smooth", "asleep"),
    "storm": ("storm", "wind", "thunder", "waves", "broken", "howled"),
    "thaw": ("snow", "thaw", "melted", "ice", "spring", "dripped"),
}
_DIMENSION = 100


def rows(each: int = 25, seed: int = 0) -> list[tuple[str, str]]:
    """Texts and labels, `each` of every class, all texts different."""
    generator = random.Random(seed)
    found: dict[str, str] = {}
    for label in LABELS:
        while sum(given == label for given in found.values()) < each:
            words = generator.sample(_OF_ALL, 4) + generator.sample(_WORDS[label], 2)
            generator.shuffle(words)
            found[" ".join(words)] = label
    return list(found.items())


def csv(each: int = 25, seed: int = 0) -> bytes:
    """The same as a file for `PUT /datasets/…`."""
    return "".join(["text,label\n", *(f"{text},{label}\n" for text, label in rows(each, seed))]).encode()


def vectors() -> str:
    """A table of word vectors, as GloVe's files are."""
    return "".join(f"{word} {' '.join(_vector(word))}\n" for word in itertools.chain(_OF_ALL, *_WORDS.values()))


def _vector(word: str) -> list[str]:
    generator = random.Random(zlib.crc32(word.encode()))
    return [f"{generator.gauss(0, 0.4):.4f}" for _ in range(_DIMENSION)]
