"""Jobs and their events as lines for a shell: text for people, plain values for machines."""

from typing import Any

from app.storage.tables import Job, JobEvent


def content_of(job: Job) -> dict[str, Any]:
    """All that is recorded, as JSON has it."""
    names = ("id", "state", "request", "progress", "result", "error", "cancel_requested", "attempts", "worker")
    moments = {"created_at": job.created_at, "started_at": job.started_at, "finished_at": job.finished_at}
    written = {name: None if moment is None else moment.isoformat() for name, moment in moments.items()}
    return {name: getattr(job, name) for name in names} | written


def event_content_of(event: JobEvent) -> dict[str, Any]:
    """An event, as JSON has it."""
    return {"id": event.id, "kind": event.kind, "at": event.at.isoformat(), "data": event.data}


def line_of(job: Job) -> str:
    """A job in a line."""
    dataset = job.request["dataset"]["name"]
    return f"{job.id}  {job.created_at:%Y-%m-%d %H:%M:%S}  {job.state:<9}  {dataset}  {_outcome(job)}".rstrip()


def event_line_of(event: JobEvent) -> str:
    """An event in a line."""
    if event.kind == "state":
        version = f"as version {event.data['version']}" if "version" in event.data else None
        text = " ".join(filter(None, (event.data["state"], version, event.data.get("error"))))
    else:
        text = _progress(event.data) if event.kind in ("progress", "epoch") else str(event.data.get("message"))
    return f"{event.at:%H:%M:%S}  {event.kind:<8}  {text}"


def _outcome(job: Job) -> str:
    if job.error:
        return job.error
    if job.result is not None:
        promoted = "promoted" if job.result.get("promoted") else "not promoted"
        return f"version {job.result.get('version')} of {job.result.get('model')}, {promoted}"
    return _progress(job.progress) if job.state == "running" else ""


def _progress(progress: dict[str, Any]) -> str:
    parts = [str(progress.get("stage", ""))]
    if "epoch" in progress and "epoch" not in parts[0]:
        parts.append(f"epoch {progress['epoch']} of {progress['of']}")
    figures = {"loss": "loss", "validation_loss": "validation loss"}
    parts += [f"{words} {progress[name]:.4f}" for name, words in figures.items() if name in progress]
    if "seconds_left" in progress:
        parts.append(f"{progress['seconds_left']:.0f} s left")
    return ", ".join(filter(None, parts))
