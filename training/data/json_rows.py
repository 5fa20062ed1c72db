"""The rows of a JSON Lines file: one object a line."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from training.data.columns import Columns
from training.data.lines import decoded_lines
from training.data.problems import Kind, ProblemLog
from training.data.rows import RawRow

HEAD = 100  # objects whose keys tell the columns: a writer may leave a null out of the first


def json_rows(path: Path, columns: Columns, log: ProblemLog) -> Iterator[RawRow]:
    """The two values of each object, None where it has no such key; blank lines are passed over.

    Lines that are not an object are counted in `log`. Raises `InvalidDataError` where a column is missing.
    """
    objects = numbered_objects(decoded_lines(path, log), log)
    head = list(islice(objects, HEAD))
    if not head:
        log.check()
        raise log.failure(Kind.EMPTY_FILE, 'the file is empty. It holds lines such as {"text": "...", "label": "..."}')
    text, label = columns.choose(list(dict.fromkeys(key for _, row in head for key in row)), log)
    for line, row in chain(head, objects):
        yield RawRow(line, row.get(text), row.get(label))


def numbered_objects(lines: Iterator[str], log: ProblemLog) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object) of each line that holds one."""
    for number, line in enumerate(lines, 1):
        content = line.rstrip()
        if not content:
            continue
        try:
            value = json.loads(content)
            if "\\ud" in content or "\\uD" in content:
                json.dumps(value, ensure_ascii=False).encode("utf-8")  # refuses half a surrogate pair
        except json.JSONDecodeError as error:
            log.add(Kind.MALFORMED, number, f"{error.msg} at column {error.colno}")
        except (ValueError, RecursionError) as error:  # such as a number of 5,000 digits, 100,000 open brackets
            log.add(Kind.MALFORMED, number, str(error))
        else:
            if isinstance(value, dict):
                yield number, value
            else:
                log.add(Kind.MALFORMED, number, f"a JSON {type(value).__name__}")
