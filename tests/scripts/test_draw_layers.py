"""The figures of docs/layers.md, drawn anew from the bundle that ships."""

import numpy as np
import pytest
from PIL import Image

from model.bundle import verify
from scripts.draw_layers import BUNDLE, FOLDER, SENTENCE, main
from scripts.layer_figures import FIGURES
from scripts.layer_figures.lstm import after_each_step
from scripts.layer_figures.pooling import winners
from scripts.layer_figures.walk import walk


@pytest.fixture(scope="module")
def seen():
    return walk(verify(BUNDLE), SENTENCE)


def test_every_figure_is_a_small_picture_on_light_paper(tmp_path, capsys):
    main(["--folder", str(tmp_path / "figures")])
    drawn = sorted((tmp_path / "figures").iterdir())
    assert [path.name for path in drawn] == sorted(f"{name}.png" for name in FIGURES)
    assert len(capsys.readouterr().out.splitlines()) == len(drawn)
    for path in drawn:
        assert path.stat().st_size < 150_000
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))  # (height, width, 3)
        assert pixels[0, 0].min() > 250
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20


def test_the_figures_in_the_repository_are_those_that_are_drawn():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.png" for name in FIGURES)


def test_the_shares_of_a_window_add_up_to_what_the_convolution_gave(seen):
    window, filter_ = seen.strongest
    bias = seen.weights["convolution/bias"][filter_]
    assert seen.shares(window, filter_).sum() + bias == pytest.approx(seen.outputs["convolution"].max(), rel=1e-5)
    cut = seen.cut_off(window, filter_)
    assert cut > window
    assert seen.shares(cut, filter_).sum() + bias < 0


def test_the_dots_are_on_what_pooling_kept(seen):
    windows, pooled = seen.outputs["convolution"], seen.outputs["pooling"]
    filters, places = winners(windows, 4)
    assert len(filters) == np.count_nonzero(pooled)
    assert (windows[places, filters] == pooled[places // 4, filters]).all()


def test_a_tie_is_won_by_the_first_and_zeros_by_none():
    filters, places = winners(np.array([[0, 0], [2, 0], [2, 0], [1, 0]], np.float32), 4)
    assert (filters.tolist(), places.tolist()) == ([0], [1])


def test_the_last_state_makes_the_probabilities(seen):
    np.testing.assert_allclose(after_each_step(seen)[-1], seen.outputs["probabilities"], atol=1e-6)
