"""The book of a fit: what workers say is told once, and the last checkpoint is what they go on from."""

from typing import Any

import numpy as np

from tests.training.recording import RecordingProgress
from training.checkpoint import Checkpoint
from training.cluster.book import Book, News
from training.cluster.fit import Course
from training.cluster.fit_worker import BookCheckpoints
from training.cluster.shares import Place
from training.errors import TrainingError
from training.history import EpochRecord, History


def checkpoint(epochs):
    records = tuple(EpochRecord(epoch, 1.0, 0.5, 1.0, 0.5, 0.1) for epoch in range(1, epochs + 1))
    return Checkpoint(History(records), [np.ones(2)], [np.zeros(2)])


class Kept:
    """Checkpoints in memory."""

    def __init__(self):
        self.all = []

    def save(self, checkpoint):
        self.all.append(checkpoint)


class Ray:
    """Calls at once, and has as much room as is asked for."""

    @staticmethod
    def get(value):
        return value


class Direct:
    """An actor's handle to an object here."""

    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        method = getattr(self._target, name)
        return type("Method", (), {"remote": staticmethod(method)})


def test_what_is_said_is_told_once():
    book = Book(None, resume=False)
    book.tell("stage", "epoch 1 of 2", 9, epoch=1, of=2)
    assert book.news() == News([("stage", ("epoch 1 of 2", 9), {"epoch": 1, "of": 2})], begun=0, saved=0)
    assert book.news() == News([], begun=0, saved=0)


def test_workers_begin_with_what_the_command_had_and_go_on_with_the_last_that_was_saved():
    assert Book(None, resume=False).begin(0) == (None, False)
    assert Book(None, resume=True).begin(0) == (None, True)  # is told that there is none
    book = Book(None, resume=False)
    book.begin(0)
    last = checkpoint(2)
    book.save(checkpoint(1))
    book.save(last)
    assert [book.begin(rank) for rank in (0, 1)] == [(last, True), (last, True)]
    assert (book.news().begun, book.news().saved) == (2, 2)


def test_an_error_that_would_come_again_is_kept():
    book = Book(None, resume=False)
    error = TrainingError("it diverged")
    book.fail(error)
    assert book.error() is error


def test_only_the_first_worker_saves(tmp_path):
    book = Book(None, resume=False)
    saved = checkpoint(1)
    BookCheckpoints(tmp_path, Direct(book), None, Place(1, 2)).save(checkpoint(9))
    assert book.checkpoint() is None
    BookCheckpoints(tmp_path, Direct(book), None, Place(0, 2)).save(saved)
    assert book.checkpoint() is saved


def test_the_command_keeps_checkpoints_and_warns_of_each_new_beginning():
    book, kept, progress = Book(None, resume=False), Kept(), RecordingProgress()
    at: Any = type("Place", (), {"ray": Ray})
    checkpoints: Any = kept
    course = Course(at, Direct(book), checkpoints, progress)
    book.begin(0)
    course._hear(book.news())
    book.save(checkpoint(1))
    book.tell("note", "so far")
    course._hear(book.news())
    course._hear(book.news())
    assert [len(each.history.records) for each in kept.all] == [1]
    assert (progress.of("note"), progress.of("warn")) == ([("so far",)], [])
    book.begin(0)
    course._hear(book.news())
    course._hear(book.news())
    assert progress.of("warn") == [("a worker or its node was lost; going on from the last whole epoch",)]
