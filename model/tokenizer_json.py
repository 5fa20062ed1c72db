"""The tokenizer's file: the JSON of Keras's `Tokenizer.to_json()`, whose tables are JSON inside strings.

Keras's own `tokenizer_from_json` reads what `dump` writes, and `load` reads what Keras writes.
"""

import contextlib
import json
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, TypeVar

from pydantic_core import from_json

from model.cased_tokenizer import CasedTokenizer
from model.errors import TokenizerError
from model.tokenizer import KERAS_FILTERS, Tokenizer

T = TypeVar("T")

WORDS = "words"
"""A key beside Keras's own, which its reader passes over: what is a word. Without it a word is what Keras says."""
CASED = "case and punctuation"

_REMEDY = "Write the file with Keras's Tokenizer.to_json(), or train the bundle again."


def dump(tokenizer: Tokenizer) -> str:
    """The tokenizer in Keras's format.

    Every table is in the order of the ids. Keras writes its counts in the order in which words first appeared,
    which spells out the beginning of the text that the vocabulary was learnt from. Where Keras would not find the same
    words anyway, the counts are left out: they are half of the file, and nobody reads them.
    """
    index = dict(sorted(tokenizer.word_index.items(), key=itemgetter(1)))
    cased = isinstance(tokenizer, CasedTokenizer)
    tables = ({}, {}) if cased else (tokenizer.word_counts, tokenizer.word_docs)
    counts, docs = (_in_order(table, index) for table in tables)
    index_docs = {index[word]: count for word, count in docs.items() if word in index}
    config = {
        "num_words": tokenizer.num_words,
        "filters": tokenizer.filters,
        "lower": tokenizer.lower,
        "split": tokenizer.split,
        "char_level": False,
        "oov_token": tokenizer.oov_token,
        "document_count": tokenizer.document_count,
        "word_counts": json.dumps(counts),
        "word_docs": json.dumps(docs),
        "index_docs": json.dumps(index_docs),
        "index_word": json.dumps({id_: word for word, id_ in index.items()}),
        "word_index": json.dumps(index),
    }
    words = {WORDS: CASED} if cased else {}
    return json.dumps({"class_name": "Tokenizer", "config": config} | words)


def load(text: str, *, origin: str = "tokenizer.json", counts: bool = True) -> Tokenizer:
    """The tokenizer in `text`; `origin` names the file in errors. Without `counts` it does not know how often words
    occurred, which is two thirds of the time and half of the memory, and nothing that serving needs.

    Raises `TokenizerError` where the text is not such a file or asks for `char_level`.
    """
    parsed = _parse(text, origin)
    config = _config(parsed, origin)
    if config.get("char_level"):
        raise TokenizerError(f"{origin}: char_level tokenizers are not supported; only words are.")
    return _kind(parsed, origin)(
        _table(config, "word_index", origin, lowest=1),
        num_words=_typed(config, "num_words", int, None, origin),
        filters=_typed(config, "filters", str, KERAS_FILTERS, origin) or "",
        lower=bool(_typed(config, "lower", bool, True, origin)),
        split=_typed(config, "split", str, " ", origin) or "",
        oov_token=_typed(config, "oov_token", str, None, origin),
        word_counts=_table(config, "word_counts", origin) if counts else None,
        word_docs=_table(config, "word_docs", origin) if counts else None,
        document_count=_typed(config, "document_count", int, 0, origin) or 0,
    )


def _in_order(table: Mapping[str, int], index: Mapping[str, int]) -> dict[str, int]:
    """`table` in the order of `index`; words without an id come last, by the alphabet."""
    return {word: table[word] for word in sorted(table, key=lambda word: (index.get(word, len(index) + 1), word))}


def _kind(parsed: Mapping[str, Any], origin: str) -> type[Tokenizer]:
    words = parsed.get(WORDS)
    if words is None:
        return Tokenizer
    if words == CASED:
        return CasedTokenizer
    raise TokenizerError(f"{origin}: {WORDS} is {words!r}, which this Tercet does not know; it knows {CASED!r}.")


def _config(parsed: Any, origin: str) -> Mapping[str, Any]:
    config = parsed.get("config") if isinstance(parsed, dict) else None
    if not isinstance(config, dict) or "word_index" not in config:
        raise TokenizerError(f"{origin}: not the JSON of a Keras Tokenizer (no config.word_index). {_REMEDY}")
    return config


def _parse(text: str, where: str) -> Any:
    with contextlib.suppress(ValueError):
        return from_json(text, cache_strings=False)  # a third less time, in which no other thread runs
    try:
        return json.loads(text)  # it also takes the half surrogate pairs that a word may hold
    except (ValueError, RecursionError) as error:
        raise TokenizerError(f"{where}: not JSON ({error}). {_REMEDY}") from error


def _typed(config: Mapping[str, Any], key: str, kind: type[T], default: T | None, origin: str) -> T | None:
    value = config.get(key, default)
    if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
        return value
    raise TokenizerError(f"{origin}: config.{key} is {value!r}, not {kind.__name__}. {_REMEDY}")


def _table(config: Mapping[str, Any], key: str, origin: str, lowest: int = 0) -> dict[str, int]:
    """A word table; Keras nests it as a string of JSON."""
    raw = config.get(key, "{}")
    where = f"{origin}: config.{key}"
    table = _parse(raw, where) if isinstance(raw, str) else raw
    if not isinstance(table, dict):
        raise TokenizerError(f"{where} is not a table of words. {_REMEDY}")
    for word, number in table.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < lowest:
            raise TokenizerError(f"{where}: {word!r} has {number!r}, not a whole number from {lowest}. {_REMEDY}")
    return table
