"""Orders for tests that care for little of them."""

from app.jobs.order import OrderedDataset, TrainingOrder

DATASET = OrderedDataset(name="toy", digest="d" * 64, file="toy/d.csv", text_column="text", label_column="label")
ORDER = TrainingOrder(
    dataset=DATASET,
    model="toy",
    preset="reference",
    epochs=2,
    seed=0,
    include_feedback=False,
    promote="if_better",
    allow_label_change=False,
    request_digest="r" * 64,
)


def order(**changes):
    """`ORDER` with changes."""
    return ORDER.model_copy(update=changes)
