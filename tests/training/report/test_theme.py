import io

from PIL import Image

from training.report.theme import DARK, LIGHT, drawable, new_figure, png


def test_a_short_label_is_drawn_as_it_is():
    assert drawable("Ωmega & <co>", 1) == "Ωmega & <co>"


def test_a_long_label_is_cut_to_the_limit():
    assert drawable("abcdefghij", 1, limit=5) == "abcd…"
    assert drawable("abcde", 1, limit=5) == "abcde"


def test_what_the_font_cannot_draw_is_told_by_its_number():
    assert [drawable(text, 7) for text in ("感情", "a\nb", "\ud800", " ", "")] == ["#7"] * 5


def test_a_figure_is_painted_on_the_theme_s_paper():
    for theme, paper in ((LIGHT, (255, 255, 255)), (DARK, (0x16, 0x1B, 0x22))):
        image = Image.open(io.BytesIO(png(new_figure(theme, 2, 1, "x")))).convert("RGB")
        assert image.size == (300, 150)
        assert image.getpixel((299, 149)) == paper


def test_a_png_says_nothing_of_when_or_by_what_it_was_made():
    image = Image.open(io.BytesIO(png(new_figure(LIGHT, 2, 1, "x"))))
    image.load()
    assert not set(image.info) - {"transparency"}
