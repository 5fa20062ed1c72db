"""Plays `python -m training train`: `fake_training.py SCENARIO ARGUMENTS…` says and does what a training might.

Every start is noted in `$FAKE_TRAINING_LOG`, a line `run pid`.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ENDLESS_S = 300


def say(event, **content):
    sys.stdout.write(json.dumps({"event": event, **content}) + "\n")
    sys.stdout.flush()


def argument(name):
    return next((word.partition("=")[2] for word in sys.argv if word.startswith(f"--{name}=")), None)


def result(**changes):
    content = {
        "name": argument("name"),
        "version": 2,
        "run": argument("run"),
        "evaluation": {"log_loss": 0.5},
        "baseline": {"log_loss": 0.6},
        "vectors": {"source": "box", "coverage": 0.9},
        "feedback": None,
        "comparison": None,
        "promotion": {"promoted": True, "reason": "It is better.", "replaced": 1},
    }
    say("result", **{**content, **changes})


def epochs():
    say("stage", stage="fit", total=4, epoch=1, of=2)
    for done in range(1, 5):
        say("progress", stage="fit", done=done, total=4, epoch=1, of=2, loss=1 / done)


def grandchild(*, ignoring=False, session=False):
    """Start a process of our own; it says when it is ready."""
    code = "import signal, time\n"
    if ignoring:
        code += "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    code += f"print('ready', flush=True)\ntime.sleep({ENDLESS_S})"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=session)
    assert process.stdout is not None
    process.stdout.readline()


def succeed():
    say("note", message="hello")
    say("warning", message="mind the gap")
    epochs()
    say("progress", stage="fit", done=4, total=4, epoch=1, of=2, loss=0.25, validation_loss=0.5)
    result()


def slow():
    epochs()
    time.sleep(3)
    result()


def endless():
    epochs()
    time.sleep(ENDLESS_S)


def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    grandchild(ignoring=True)
    grandchild(ignoring=True, session=True)
    endless()


def family():
    grandchild()
    endless()


def leaves_a_child():
    grandchild()
    result()


def tells_late():
    signal.signal(signal.SIGTERM, lambda *_: (result(), sys.exit(0)))
    endless()


def fail():
    say("error", message="The data make no sense.", type="DataError")
    sys.exit(1)


def crash():
    raise ValueError("it broke here")


def exit_3():
    sys.stderr.write("first\nsecond\n")
    sys.exit(3)


def garbage():
    sys.stdout.buffer.write(b'\xff\xfe not json\n{"event": "unheard of"}\n[1, 2]\n{}\n' + b"x" * 3_000_000 + b"\n")
    result()


def hostile():
    say("note", message="a\0b")
    say("warning", message="\N{SNOWMAN}" * 100_000)
    say("error", message="NUL \0 in it")
    sys.exit(1)


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def terminated():
    os.kill(os.getpid(), signal.SIGTERM)


def segfault():
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGSEGV)


def no_memory():
    sys.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n")
    sys.stderr.flush()
    os.abort()


def says_nothing():
    pass


def hangs_after_result():
    result()
    time.sleep(ENDLESS_S)


def counted():
    """Fails where two of these run at once."""
    with Path(os.environ["FAKE_TRAINING_LOG"]).with_suffix(".alone").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        epochs()
        time.sleep(0.1)
        result()


def environment():
    names = ("TERCET_ADMIN_KEYS", "TERCET_DATABASE_URL", "OMP_NUM_THREADS", "TERCET_JOB", "TRACEPARENT")
    say("note", message=json.dumps({name: os.environ.get(name) for name in names}))
    say("note", message=str(os.getpriority(os.PRIO_PROCESS, 0)))
    say("note", message=json.dumps(sys.argv[2:]))
    feedback = argument("feedback")
    if feedback:
        say("note", message=Path(feedback).read_text(encoding="utf-8"))
    result()


def end_with_stdin():
    def wait():
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    if "FAKE_TRAINING_LOG" in os.environ:
        with Path(os.environ["FAKE_TRAINING_LOG"]).open("a") as log:
            log.write(f"{argument('run')} {os.getpid()}\n")
    if os.environ.get("FAKE_TRAINING_ORPHAN") is None:
        end_with_stdin()
    with contextlib.suppress(BrokenPipeError):
        globals()[sys.argv[1]]()
