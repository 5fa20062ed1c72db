"""What most tutorials show, as a process of its own: the same network, `model.fit` on NumPy arrays, batch 64.

Prints one JSON object: seconds of the fit, and of everything since the process began its work.
"""

import csv
import gzip
import json
import sys
import time

STARTED = time.perf_counter()

import keras  # noqa: E402 - the import is part of what a user waits for
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from keras.src.legacy.preprocessing.text import Tokenizer  # noqa: E402


def main(data: str, vectors: str, epochs: int) -> None:
    with open(data, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [row["text"] for row in rows]
    names = sorted({row["author"] for row in rows})
    targets = keras.utils.to_categorical([names.index(row["author"]) for row in rows])
    tokenizer = Tokenizer(num_words=20_000)
    tokenizer.fit_on_texts(texts)
    ids = keras.utils.pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=50)
    network = build(embedding_matrix(vectors, tokenizer.word_index), len(names))
    network.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    began = time.perf_counter()
    train, held_out = split(len(ids))
    network.fit(
        ids[train],
        targets[train],
        batch_size=64,
        epochs=epochs,
        validation_data=(ids[held_out], targets[held_out]),
        verbose=0,
    )
    ended = time.perf_counter()
    print(json.dumps({"fit_s": ended - began, "total_s": ended - STARTED, "rows": len(rows)}))


def split(rows: int) -> tuple[slice, slice]:
    """Eight tenths to learn from and one for validation: as many rows as ours takes."""
    return slice(0, rows * 8 // 10), slice(rows * 9 // 10, rows)


def embedding_matrix(vectors: str, word_index: dict[str, int]) -> np.ndarray:
    found = {}
    with gzip.open(vectors, "rt", encoding="utf-8") as file:
        for line in file:
            word, *numbers = line.split()
            found[word] = np.asarray(numbers, dtype="float32")
    matrix = np.zeros((20_000, 100))
    for word, index in word_index.items():
        if index < 20_000 and word in found:
            matrix[index] = found[word]
    return matrix


def build(matrix: np.ndarray, classes: int) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((50,)),
            layers.Embedding(20_000, 100, weights=[matrix], trainable=False),
            layers.Dropout(0.5),
            layers.Conv1D(64, 5, activation="relu"),
            layers.MaxPooling1D(4),
            layers.LSTM(100),
            layers.Dense(classes, activation="softmax"),
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
