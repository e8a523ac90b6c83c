from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from assetgen.train.icons import Drawings
from assetgen.train.scenes import Composer
from assetgen.train.words import Scene


def test_a_number_is_always_the_same_picture(
    config: dict[str, Any], drawings: Drawings, composer: Composer
) -> None:
    again = Composer(config, drawings)
    for number in (0, 7, 5000):
        one, two = composer.picture(number), again.picture(number)
        assert one.caption == two.caption == composer.caption(number)
        assert np.array_equal(one.pixels, two.pixels)


def test_numbers_and_streams_differ(composer: Composer) -> None:
    pictures = [composer.picture(0), composer.picture(1), composer.picture(0, held_out=True)]
    assert len({picture.pixels.tobytes() for picture in pictures}) == 3


def test_masks_are_of_the_words_in_the_picture(composer: Composer) -> None:
    for number in range(100):
        picture = composer.picture(number)
        assert set(picture.masks) == set(picture.scene.words)
        said = set(picture.caption.split())
        unsaid = {picture.scene.sky} - said
        assert set(picture.masks) - unsaid <= said
        assert all(mask.any() for mask in picture.masks.values())


def test_every_pixel_belongs_to_one_word(composer: Composer) -> None:
    for number in range(50):
        masks = list(composer.picture(number).masks.values())
        assert np.array_equal(np.sum(masks, axis=0), np.ones((composer.size, composer.size)))


def test_masks_lie_where_the_word_was_painted(composer: Composer) -> None:
    """The same scene without its object differs inside the object's mask and nowhere else."""
    with_fox = composer.compose(Scene(("fox",), "snow", "blue"), Random(3))
    without = composer.compose(Scene((), "snow", "blue"), Random(3))
    # Both draw the backdrop first from the same generator, so the backdrops agree.
    change = np.abs(with_fox.pixels.astype(int) - without.pixels).max(axis=-1)
    differs = change > 4
    mask = with_fox.masks["fox"]
    assert differs[mask].mean() > 0.99
    # Antialiased edges reach at most two pixels beyond the mask.
    grown = mask.copy()
    for axis in (0, 1):
        for shift in (-2, -1, 1, 2):
            grown |= np.roll(mask, shift, axis)
    assert not (differs & ~grown).any()


def test_objects_stand_in_the_order_of_the_caption(composer: Composer) -> None:
    picture = composer.compose(Scene(("cat", "tree"), "sand", "night"), Random(0))
    middle = {word: np.argwhere(picture.masks[word])[:, 1].mean() for word in ("cat", "tree")}
    assert middle["cat"] < middle["tree"]
