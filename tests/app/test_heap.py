"""In a process of its own: what is frozen and how often is collected holds for all of it."""

import subprocess
import sys


def test_what_is_there_is_taken_out_of_collection_and_what_comes_later_is_collected():
    code = """
import gc, weakref
from app import heap

class Node:
    pass

loop = Node(); loop.itself = loop
garbage = weakref.ref(loop)
del loop
kept = [Node() for _ in range(1000)]
heap.settle()
assert garbage() is None
assert gc.get_freeze_count() > 1000
later = Node(); later.itself = later
left = weakref.ref(later)
del later
gc.collect()
assert left() is None
heap.settle()  # again, after another model
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
