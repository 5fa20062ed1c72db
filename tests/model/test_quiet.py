import gc
import subprocess
import sys

from model.quiet import no_collection

SCRIPT = """
import gc, sys
from model.quiet import import_tensorflow
import_tensorflow()
assert "tensorflow" in sys.modules
assert gc.isenabled()
print("after", file=sys.stderr)
"""


def test_the_import_says_nothing_and_standard_error_is_back_afterwards():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout, done.stderr) == ("", "after\n")


WITHOUT_KERAS = """
import os, sys
from model.quiet import import_tensorflow
before = set(os.environ)
import_tensorflow(keras=False)
from model.engine import load_engine
assert "keras" not in sys.modules
assert set(os.environ) - before <= {"TF_CPP_MIN_LOG_LEVEL"}
import keras
assert keras.layers.Dense(2, kernel_initializer="ones")(keras.ops.ones((1, 3))).numpy().tolist() == [[3, 3]]
"""


def test_without_keras_it_is_not_imported_nor_kept_from_being_imported_later():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_collector_is_as_it_was_after_an_import():
    with no_collection():
        with no_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
