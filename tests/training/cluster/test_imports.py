"""Ray is an extra: nothing of it is imported before a cluster was asked for."""

import subprocess
import sys

from tests.training.small import ROOT

IMPORTS = """
import sys
import training.cli, training.crossval.run
import training.cluster.folds, training.cluster.ledger, training.cluster.book, training.cluster.fit_worker
print([name for name in ("ray", "tensorflow") if name in sys.modules])
"""


def test_the_command_line_and_what_ships_folds_import_neither_ray_nor_tensorflow():
    done = subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
