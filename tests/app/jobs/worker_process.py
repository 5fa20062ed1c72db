"""`python -m tests.app.jobs.worker_process SETTINGS SCENARIO …`: a worker whose trainings are played, and whose times
are short."""

import sys

from app.jobs.worker import Worker, run
from app.logs import setup as logs
from app.settings import Settings
from tests.app.jobs.playing import command

SILENT_AFTER_S = 4.0

if __name__ == "__main__":
    settings = Settings.model_validate_json(sys.argv[1])
    logs.configure(settings)
    worker = Worker(
        settings,
        command(sys.argv[2]),
        silent_after_s=SILENT_AFTER_S,
        look_every_s=1,
        heartbeat=settings.data / "heartbeat",
    )
    run(worker, embedded="embedded" in sys.argv[3:])
