"""`python -m training`."""

import gc

from training.cli import main

if __name__ == "__main__":
    try:
        main()
    finally:
        gc.freeze()  # at its end the interpreter would look through all that TensorFlow made, a second for nothing
