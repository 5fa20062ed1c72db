import subprocess
import sys

SCRIPT = """
import sys
from model.quiet import import_tensorflow
import_tensorflow()
assert "tensorflow" in sys.modules
print("after", file=sys.stderr)
"""


def test_the_import_says_nothing_and_standard_error_is_back_afterwards():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout, done.stderr) == ("", "after\n")
