"""Which version serves after a training, and why: for every policy, every comparison, and done twice."""

import shutil

import pytest

from model.errors import BundleError
from model.registry import Registry
from tests.bundles import make_bundle, remanifest
from training.promotion import Promotion, settle


def comparison(champion=1, *, better=True):
    return {"champion": {"version": champion}, "better": better, "verdict": "So it is."}


def uncompared(why, champion: int | None = 1):
    return {"champion": champion, "why": why, "reason": "It cannot be."}


BETTER = {"comparison": comparison(), "uncompared": None}
WORSE = {"comparison": comparison(better=False), "uncompared": None}
LABELS = {"comparison": None, "uncompared": uncompared("labels")}
UNUSABLE = {"comparison": None, "uncompared": uncompared("unusable")}
NOTHING = {"comparison": None, "uncompared": None}


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory):
    """Version 1 serves."""
    folder = tmp_path_factory.mktemp("promotion") / "models"
    make_bundle(folder)
    make_bundle(folder, seed=1)
    return folder


@pytest.fixture
def registry(two_versions, tmp_path):
    shutil.copytree(two_versions, tmp_path / "models")
    return Registry(tmp_path / "models")


def settled(registry, metrics, policy, version=2, *, allow_label_change=False, only_above_baseline=False):
    remanifest(registry.path("toy", version), metrics=metrics)
    return settle(
        registry,
        "toy",
        version,
        policy,
        allow_label_change=allow_label_change,
        only_above_baseline=only_above_baseline,
    )


@pytest.mark.parametrize(
    ("metrics", "policy", "allowed", "promoted", "reason"),
    [
        (BETTER, "never", False, False, "Promotion was not asked for."),
        (BETTER, "always", False, True, "Promotion was asked for, whatever the comparison says."),
        (WORSE, "always", False, True, "Promotion was asked for, whatever the comparison says."),
        (UNUSABLE, "always", False, True, "Promotion was asked for, whatever the comparison says."),
        (LABELS, "always", False, True, "Promotion was asked for, whatever the comparison says."),
        (BETTER, "if_better", False, True, "So it is."),
        (WORSE, "if_better", False, False, "So it is."),
        (WORSE, "if_better", True, False, "So it is."),
        (UNUSABLE, "if_better", False, False, "It cannot be. So the two were not compared."),
        (UNUSABLE, "if_better", True, False, "It cannot be. So the two were not compared."),
        (LABELS, "if_better", False, False, "It cannot be. So the two were not compared."),
        (LABELS, "if_better", True, True, "It cannot be. That was allowed, so it is promoted without a comparison."),
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_the_policy_decides_and_twice_is_as_once(registry, metrics, policy, allowed, promoted, reason, times):
    for _ in range(times):
        result = settled(registry, metrics, policy, allow_label_change=allowed)
    assert result == Promotion(promoted, reason, 1 if promoted else None)
    assert registry.current("toy") == (2 if promoted else 1)


@pytest.mark.parametrize("policy", ["never", "always", "if_better"])
def test_the_first_version_serves_whatever_was_asked(registry, policy):
    result = settled(registry, NOTHING, policy, version=1)
    assert result == Promotion(promoted=True, reason="It is the first version of toy.")
    assert registry.current("toy") == 1


def test_if_better_never_replaces_another_version_than_it_was_compared_with(registry):
    make_bundle(registry.folder, seed=2)
    registry.promote("toy", 3)
    result = settled(registry, BETTER, "if_better")
    assert not result.promoted
    assert "toy 3 serves, not 1" in result.reason
    assert registry.current("toy") == 3


def test_always_replaces_whatever_serves_and_says_so(registry):
    make_bundle(registry.folder, seed=2)
    registry.promote("toy", 3)
    result = settled(registry, BETTER, "always")
    assert (result.promoted, result.replaced, registry.current("toy")) == (True, 3, 2)


def test_a_version_that_began_to_serve_in_the_meantime_was_not_compared(registry):
    result = settled(registry, NOTHING, "if_better")
    assert not result.promoted
    assert "Another version began to serve while this one was trained" in result.reason
    assert registry.current("toy") == 1


def test_a_version_that_somebody_promoted_by_hand_serves_already(registry):
    registry.promote("toy", 2)
    assert settled(registry, WORSE, "if_better") == Promotion(True, "It serves already.", 1)


@pytest.mark.parametrize("policy", ["always", "if_better"])
def test_who_went_back_to_the_version_before_is_not_overruled(registry, policy):
    assert settled(registry, BETTER, policy).promoted
    registry.promote("toy", 1)
    result = settled(registry, BETTER, policy)
    assert result == Promotion(False, "It served already, until version 1 was put in its place.")
    assert registry.current("toy") == 1


@pytest.mark.parametrize(("policy", "promoted"), [("never", False), ("if_better", False), ("always", True)])
def test_a_damaged_pointer_is_replaced_where_promotion_was_asked_for(registry, policy, promoted):
    (registry.home("toy") / "current").write_text("odd", encoding="utf-8")
    metrics = {"comparison": None, "uncompared": uncompared("unusable", champion=None)}
    assert settled(registry, metrics, policy).promoted is promoted
    if promoted:
        assert registry.current("toy") == 2


def test_a_damaged_version_is_never_promoted(registry):
    remanifest(registry.path("toy", 2), metrics=BETTER)
    (registry.path("toy", 2) / "saved_model.pb").write_bytes(b"")
    with pytest.raises(BundleError):
        settle(registry, "toy", 2, "always", allow_label_change=False)
    assert registry.current("toy") == 1


def against_baseline(log_loss):
    return BETTER | {"log_loss": log_loss, "baseline": {"log_loss": 0.5}}


@pytest.mark.parametrize("policy", ["always", "if_better"])
@pytest.mark.parametrize(("log_loss", "promoted"), [(0.4, True), (0.5, False), (0.6, False)])
def test_what_does_not_beat_the_baseline_is_not_promoted_where_that_is_required(registry, policy, log_loss, promoted):
    promotion = settled(registry, against_baseline(log_loss), policy, only_above_baseline=True)
    assert promotion.promoted is promoted
    assert registry.current("toy") == (2 if promoted else 1)
    if not promoted:
        assert promotion.reason == "It does not beat the baseline, which was required."


def test_without_that_requirement_the_baseline_decides_nothing(registry):
    assert settled(registry, against_baseline(0.6), "always").promoted
