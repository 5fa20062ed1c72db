"""Inputs of every format with the same rows, and what the outputs hold."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ["id", "text", "note"]
DELIMITERS = {".csv": ",", ".tsv": "\t"}
WORDS = ("one", "two", "three", "four")
ADDED = ["label", "probability_few", "probability_many", "known_words", "error"]


def rows(count):
    """Texts of one to four words, every 97th blank; notes that need quoting."""
    return [
        {
            "id": str(number),
            "text": "" if number % 97 == 5 else " ".join(WORDS[: 1 + number % 4]),
            "note": f'"{number}",\nnext' if number % 10 == 0 else "plain, ünïcode",
        }
        for number in range(count)
    ]


def write(path: Path, content):
    """`content`, objects with the same fields, in the format of `path`."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(content), path, row_group_size=3000)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in content))
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, content[0], delimiter=DELIMITERS[path.suffix], lineterminator="\n")
            writer.writeheader()
            writer.writerows(content)
    return path


def read(path: Path):
    """The rows as objects; of CSV all values are strings."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=DELIMITERS[path.suffix], strict=True))
