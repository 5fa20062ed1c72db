"""What Ray Train says where its workers failed, in short."""

from training.cluster.trainer import last_words


def test_of_what_ray_says_at_length_the_ends_of_the_tracebacks_are_left():
    trace = (
        'Training failed due to worker errors:\n[Rank 0]:\nTraceback:\n  File "x"\nValueError: too small\n\n[Rank 1]:\n'
    )
    assert last_words(trace + 'Traceback:\n  File "x"\nValueError: too small\n') == "ValueError: too small"
    assert last_words("x" * 900) == "x" * 500
