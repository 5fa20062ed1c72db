"""The card of a bundle in Markdown: what the network is for, how good it is where it was measured, and where it fails.

Made from the figures of the report alone, so that no sentence of the data and no path of a machine can be in it.
"""

from collections.abc import Iterator, Sequence

from training.comparison import Comparison
from training.crossval_figures import FIGURES, CrossvalFigures
from training.curve_points import what_rows_bring
from training.mistakes import confused_pairs
from training.report.contents import ReportContents
from training.report.verdict import judge

_MANY_CLASSES = 50
_WORST_PAIRS = 3


def card(contents: ReportContents) -> str:
    """The card, ending with a newline; the same contents give the same text."""
    sections = (
        ("", _about(contents)),
        ("Intended use", _use(contents)),
        ("Held-out figures", _figures(contents)),
        ("Cross-validation", [] if contents.crossval is None else _crossval(contents.crossval)),
        ("Calibration", _calibration(contents)),
        ("Classes", _classes(contents)),
        ("What each part brings", _ablations(contents)),
        ("Limits", _limits(contents)),
        ("Data", _data(contents)),
        ("How to make it again", _again(contents)),
    )
    parts = [f"# {contents.name}"]
    for heading, paragraphs in sections:
        found = [each for each in paragraphs if each]
        if found:
            parts.extend([f"## {heading}", *found] if heading else found)
    return "\n\n".join(parts) + "\n"


def _about(run: ReportContents) -> list[str]:
    kinds = " -> ".join(layer.kind for layer in run.layers)
    what = (
        f"A text classifier of {len(run.labels)} classes, trained with the preset `{run.preset}` at {run.created_at}."
    )
    how = (
        f"Layers: {kinds}; {sum(layer.parameters for layer in run.layers):,} parameters. "
        f"It reads the last {run.sequence_length} tokens of a text."
    )
    verdict = judge(run)
    return [what, how, f"**{verdict.headline}** {verdict.detail}"]


def _use(run: ReportContents) -> list[str]:
    labels = ", ".join(f"`{_cell(label)}`" for label in run.labels[:_MANY_CLASSES])
    more = "" if len(run.labels) <= _MANY_CLASSES else ", …"
    purpose = (
        f"It tells which of these classes a text like those of `{_cell(run.data.source)}` belongs to: {labels}{more}."
    )
    caution = (
        "It answers with one of them whatever it is given, also for texts of none of them, in another language or of "
        "another kind, for which these figures say nothing. Do not let it decide about people by itself."
    )
    return [purpose, caution]


def _figures(run: ReportContents) -> list[str]:
    rows = [
        [name, *(f"{getattr(each, figure):.4f}" for figure in FIGURES)]
        for name, each in (("network", run.evaluation), ("baseline", run.baseline))
    ]
    table = _table(["", *FIGURES.values()], rows)
    compared = run.comparison.verdict if isinstance(run.comparison, Comparison) else ""
    told = f"On {run.evaluation.rows:,} rows that nothing was learnt or chosen from. The baseline is TF-IDF of word"
    return [f"{told} 1-2-grams with logistic regression, on the same rows.", table, compared]


def _crossval(figures: CrossvalFigures) -> list[str]:
    seeds = ", ".join(map(str, figures.seeds))
    return [
        f"{figures.folds} folds, seeds {seeds}: {figures.rows:,} answers to rows that the fold's network never saw.",
        _table(["", "mean of the folds ± standard error", "all answers at once", "baseline"], figures.table()),
        f"Measured by `{figures.command}`.",
    ]


def _calibration(run: ReportContents) -> list[str]:
    measured = run.calibration
    error = run.reliability.expected_calibration_error
    if measured is None:
        return [f"Expected calibration error {error:.4f} in {len(run.reliability.count)} bins; not corrected."]
    sentence = (
        f"The graph divides its logits by a temperature of {measured.temperature:.3f}, fitted on the validation rows. "
        f"On the test rows that takes the expected calibration error ({len(measured.after.count)} bins) from "
        f"{measured.before.expected_calibration_error:.4f} to {measured.after.expected_calibration_error:.4f}, and "
        f"the log loss from {measured.log_loss_before:.4f} to {measured.log_loss_after:.4f}."
    )
    return [sentence]


def _classes(run: ReportContents) -> list[str]:
    rows = [
        [f"`{_cell(each.label)}`", f"{each.precision:.3f}", f"{each.recall:.3f}", f"{each.f1:.3f}", f"{each.support:,}"]
        for each in run.evaluation.per_class
    ]
    return [_table(["class", "precision", "recall", "F1", "test rows"], rows)]


def _ablations(run: ReportContents) -> list[str]:
    if not run.ablations:
        return []
    rows = [[each.name, f"{each.log_loss:.4f}", f"{each.accuracy:.4f}", f"{each.ece:.4f}"] for each in run.ablations]
    whole = run.evaluation
    served = ["what serves", *(f"{x:.4f}" for x in (whole.log_loss, whole.accuracy, whole.expected_calibration_error))]
    return [_table(["", "log loss", "accuracy", "calibration error"], [*rows, served])]


def _limits(run: ReportContents) -> list[str]:
    return ["\n".join(f"- {limit}" for limit in _found_limits(run))]


def _found_limits(run: ReportContents) -> Iterator[str]:
    present = [each for each in run.evaluation.per_class if each.support]
    worst = min(present, key=lambda each: each.f1)
    yield f"Worst class: `{_cell(worst.label)}`, F1 {worst.f1:.3f} on {worst.support:,} test rows."
    rows_of = {each.label: each.support for each in present}
    pairs = confused_pairs(run.mistakes, rows_of)[:_WORST_PAIRS]
    if pairs:
        told = ", ".join(f"`{_cell(p.true)}` for `{_cell(p.predicted)}` ({p.rows:,}, {p.share:.0%})" for p in pairs)
        yield f"Most often it takes {told}."
    if len(run.by_length) > 1:
        low = max(run.by_length, key=lambda each: each.log_loss)
        yield (
            f"By length it is worst on texts of {low.shortest} to {low.longest} tokens: log loss {low.log_loss:.3f}, "
            f"accuracy {low.accuracy:.1%} on {low.rows:,} rows."
        )
    lengths = run.token_lengths
    if lengths.size and (cut := float((lengths > run.sequence_length).mean())):
        yield f"Of {cut:.1%} of the training texts it sees the last {run.sequence_length} tokens alone."
    yield f"{run.unknown_share:.1%} of the words of the test rows are not in its vocabulary, so it does not see them."
    if bring := what_rows_bring(run.learning_curve):
        yield bring


def _data(run: ReportContents) -> list[str]:
    split, classes = run.split, run.data.per_class
    rows = (
        f"`{_cell(run.data.source)}`: {run.data.accepted:,} of {run.data.rows_read:,} rows were accepted; "
        f"{split.train:,} for training, {split.validation:,} for validation, {split.test:,} for the test."
    )
    return [
        rows,
        f"Fingerprint of the accepted rows (sha256): `{run.data.fingerprint}`." if run.data.fingerprint else "",
        "Rows by class: " + ", ".join(f"`{_cell(label)}` {rows:,}" for label, rows in classes.items()) + ".",
        f"Word vectors: {_cell(run.vectors)}.",
    ]


def _again(run: ReportContents) -> list[str]:
    if not run.command:
        return []
    versions = ", ".join(f"{name} {version}" for name, version in run.libraries.items())
    return [f"```sh\n{run.command}\n```", f"With {versions}. On a CPU the same seed gives the same network."]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _cell(text: str) -> str:
    """Text of the data within a line of Markdown: no line breaks, and nothing that ends a cell or a code span."""
    return " ".join(text.split()).replace("`", "'").replace("|", "\\|")
