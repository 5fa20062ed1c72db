import json
import os
import subprocess
import sys

from tests.training.small import ROOT
from training.cli.threads import limit_threads

# How many threads a process has after a large product of matrices, by TensorFlow and by NumPy.
COUNT = """
import json, sys
from pathlib import Path
from training.cli.threads import limit_threads
limit_threads(int(sys.argv[1]))
from model.quiet import import_tensorflow
import_tensorflow()
import numpy as np
import tensorflow as tf
matrix = np.ones((1000, 1000), np.float32)
(tf.constant(matrix) @ tf.constant(matrix)).numpy()
matrix @ matrix
print(json.dumps(len(list(Path("/proc/self/task").iterdir()))))
"""


def threads(count):
    command = [sys.executable, "-c", COUNT, str(count)]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def test_more_threads_are_more_threads():
    assert threads(1) < threads(4)


def test_none_asked_for_leaves_all_as_it_is():
    before = dict(os.environ)
    limit_threads(0)
    assert dict(os.environ) == before
