"""`python -m tests.app.jobs.worker_process SETTINGS SCENARIO …`: a worker whose trainings are played, and whose times
are short."""

import sys

from app import logs
from app.jobs.worker import Worker, run
from app.settings import Settings
from tests.app.jobs.playing import command

SILENT_AFTER_S = 4.0

if __name__ == "__main__":
    logs.configure("info")
    settings = Settings.model_validate_json(sys.argv[1])
    worker = Worker(settings, command(sys.argv[2]), silent_after_s=SILENT_AFTER_S, look_every_s=1)
    run(worker, embedded="embedded" in sys.argv[3:])
