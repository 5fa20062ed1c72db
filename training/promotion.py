"""Whether a registered version becomes the one that serves, and why. It follows from what the bundle says of itself,
so a run that was killed and goes on decides the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from model.bundle import verify
from model.errors import RegistryError
from model.registry import Registry
from training.comparison import Why

Policy = Literal["never", "always", "if_better"]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of it. `replaced` is the version that served before."""

    promoted: bool
    reason: str
    """One sentence."""
    replaced: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def settle(
    registry: Registry,
    name: str,
    version: int,
    policy: Policy,
    *,
    allow_label_change: bool,
    only_above_baseline: bool = False,
) -> Promotion:
    """Promote `version`, or do not; done twice, it does what it did once.

    With `only_above_baseline`, a version whose log loss is not below the baseline's is not promoted, whatever the
    policy; the first version of a model serves even so, since nothing else can.

    `if_better` promotes by compare-and-swap: never where another version than the one that was compared serves by
    now. Raises `RegistryError` or `BundleError` where the version is not there or damaged.
    """
    metrics = verify(registry.path(name, version)).manifest.metrics
    champion = _champion(metrics)
    wanted, reason = _judge(metrics, policy, allow_label_change=allow_label_change)
    if only_above_baseline and not beats_baseline(metrics):
        wanted, reason = False, "It does not beat the baseline, which was required."
    serving = _serving(registry, name)
    if serving == version:
        if champion is None:
            return Promotion(promoted=True, reason=f"It is the first version of {name}.")
        return Promotion(promoted=True, reason=reason if wanted else "It serves already.", replaced=champion)
    if (
        wanted and serving is not None and registry.previous(name) == version
    ):  # somebody went back after it was promoted
        wanted, reason = False, f"It served already, until version {serving} was put in its place."
    if not wanted:
        return Promotion(promoted=False, reason=reason)
    if policy == "always":
        registry.promote(name, version)
        return Promotion(promoted=True, reason=reason, replaced=serving)
    try:
        registry.promote(name, version, instead_of=champion)
    except RegistryError as error:
        return Promotion(promoted=False, reason=str(error))
    return Promotion(promoted=True, reason=reason, replaced=champion)


def beats_baseline(metrics: Mapping[str, Any]) -> bool:
    """Whether the log loss is below the baseline's, by a bundle's `metrics`."""
    return bool(metrics["log_loss"] < metrics["baseline"]["log_loss"])


def _judge(metrics: Mapping[str, Any], policy: Policy, *, allow_label_change: bool) -> tuple[bool, str]:
    """Whether to promote, and the reason."""
    comparison, uncompared = metrics.get("comparison"), metrics.get("uncompared")
    if policy == "never":
        return False, "Promotion was not asked for."
    if policy == "always":
        return True, "Promotion was asked for, whatever the comparison says."
    if comparison:
        return bool(comparison["better"]), str(comparison["verdict"])
    if not uncompared:
        return False, "Another version began to serve while this one was trained, so the two were not compared."
    if uncompared["why"] == Why.LABELS and allow_label_change:
        return True, f"{uncompared['reason']} That was allowed, so it is promoted without a comparison."
    return False, f"{uncompared['reason']} So the two were not compared."


def _champion(metrics: Mapping[str, Any]) -> int | None:
    comparison, uncompared = metrics.get("comparison"), metrics.get("uncompared")
    version = comparison["champion"]["version"] if comparison else uncompared["champion"] if uncompared else None
    return None if version is None else int(version)


def _serving(registry: Registry, name: str) -> int | None:
    try:
        return registry.current(name)
    except RegistryError:  # a damaged pointer, which a promotion replaces
        return None
