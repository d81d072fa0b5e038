"""Pictures as documents: two tones, greys drawn anew, down-sampling by area, the two OMNIGLOTs."""

from itertools import product

import numpy as np
import pytest
import torch
from scipy.io import savemat

from collapse.base.errors import DataError
from collapse.base.seeding import seeded
from collapse.data import Corpus, available, load, make_batch
from collapse.data.corpora import CORPORA, IMAGES, side_of_pictures
from collapse.data.generated.bars import BarsGenerator
from collapse.data.images import omniglot
from collapse.data.images.grey import GreyImages
from collapse.data.images.omniglot import ImageSplits, area_shares, read_burda, read_raw, shrunk
from collapse.data.images.pixels import INK, PAPER, TONES, as_documents, as_tokens, ink, side_of
from collapse.data.kinds import Images
from collapse.data.own import from_memory
from collapse.data.vocabulary import START

RNG = np.random.default_rng(0)


def test_a_picture_is_its_pixels_line_by_line_and_comes_back():
    pictures = RNG.random((5, 4, 4)) < 0.5
    documents = as_documents(pictures, np.arange(5))
    assert len(documents) == 5
    assert side_of(documents) == 4
    assert documents[2].tolist() == [START, *np.where(pictures[2].ravel(), INK, PAPER)]
    assert documents.predicted.tolist() == [16] * 5
    batch = make_batch(documents, [3, 1])
    assert batch.equal_length
    assert torch.equal(ink(batch.tokens), torch.from_numpy(pictures[[3, 1]]).float())
    assert torch.equal(as_tokens(ink(batch.tokens)), batch.targets)


def test_what_is_no_square_picture_is_a_sentence():
    with pytest.raises(DataError, match=r"got \(2, 3, 4\)"):
        as_documents(np.zeros((2, 3, 4), bool))
    with pytest.raises(DataError, match=r"got \(0, 3, 3\)"):
        as_documents(np.zeros((0, 3, 3), bool))
    with pytest.raises(DataError, match="no square pictures"):
        side_of(load("toy-reviews", "smoke").test)
    with pytest.raises(DataError, match="got 7 tokens"):
        ink(torch.zeros(2, 8, dtype=torch.long))


def grey_images(n=40):
    grey = np.zeros((n, 3, 3), np.uint8)
    grey[:, 0], grey[:, 1] = 255, 102
    return GreyImages.from_grey(grey, np.arange(n), seed=1)


def test_greys_are_drawn_anew_in_training_and_repeat_with_the_seed():
    images = grey_images()
    drawn = []
    for seed in (1, 2, 1):
        with seeded(seed):
            drawn.append(ink(make_batch(images, range(40)).tokens))
    assert not torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[0], drawn[2])
    assert drawn[0][:, 0].all()
    assert not drawn[0][:, 2].any()


def test_a_pixel_has_ink_as_often_as_its_grey_says():
    images = grey_images()
    with seeded(0):
        draws = torch.stack([ink(make_batch(images, range(40)).tokens)[:, 1] for _ in range(100)])
    share, error = draws.mean().item(), (0.4 * 0.6 / draws.numel()) ** 0.5
    assert abs(share - 0.4) < 5 * error


def test_the_fixed_drawings_stay_and_a_subset_keeps_its_greys():
    images = grey_images()
    fixed = make_batch(images.fixed, range(40)).tokens
    assert torch.equal(fixed, make_batch(images.fixed, range(40)).tokens)
    some = images.subset([7, 3])
    assert some.labels.tolist() == [7, 3]
    assert np.array_equal(some.grey, images.grey[[7, 3]])
    assert np.array_equal(some[0], images[7])
    assert len(images.first(5)) == 5


def test_smaller_pictures_keep_the_share_of_ink():
    drawings = RNG.random((3, 105, 105)) < 0.3
    share = area_shares(105, 28)
    assert np.allclose(share.sum(1), 1)
    small = share @ drawings.astype(float) @ share.T
    assert np.allclose(small.mean((1, 2)), drawings.mean((1, 2)))
    assert np.abs(shrunk(drawings, 28) / 255 - small).max() <= 0.5 / 255 + 1e-6


def test_a_whole_factor_is_the_plain_mean_of_squares():
    drawings = RNG.random((2, 12, 12)) < 0.5
    means = drawings.reshape(2, 4, 3, 4, 3).mean((2, 4))
    assert np.abs(shrunk(drawings, 4) / 255 - means).max() <= 0.5 / 255 + 1e-6


def write_raw(folder, count=(40, 30)):
    """Two files as the raw set has them, each drawing a square whose place tells its number."""
    paths, number = [], 0
    for name, n in zip(("a", "b"), count, strict=True):
        images = np.ones((n, 20, 105, 105), bool)
        for row, column in product(range(n), range(20)):
            images[row, column, number % 100, : 1 + number // 100] = False
            number += 1
        labels = np.repeat(np.arange(n)[:, None], 20, 1)
        np.savez_compressed(folder / f"{name}.npz", images=images, labels=labels)
        paths.append(folder / f"{name}.npz")
    return paths


def test_the_raw_set_is_shuffled_and_cut_without_overlap(tmp_path, monkeypatch):
    monkeypatch.setattr(omniglot, "TRAIN", 1000)
    monkeypatch.setattr(omniglot, "VALID", 100)
    monkeypatch.setattr(omniglot, "TEST", 300)
    paths = write_raw(tmp_path)
    whole = read_raw(paths, ImageSplits(10**6, 10**6, 10**6))
    assert {name: len(split.labels) for name, split in whole.items()} == {
        "train": 900,
        "valid": 100,
        "test": 300,
    }
    few = read_raw(paths, ImageSplits(50, 20, 30))
    for name, split in few.items():
        assert np.array_equal(split.grey, whole[name].grey[: len(split.grey)])
    marks = [g.tobytes() for split in whole.values() for g in split.grey]
    assert len(set(marks)) > 0.3 * len(marks)  # small squares often fall into one pixel
    assert whole["train"].labels.max() >= 40  # the characters of the second file are others
    assert max(split.labels.max() for split in whole.values()) == 69


def test_burdas_file_stands_in_columns(tmp_path):
    picture = np.zeros((28, 28))
    picture[2, 5] = 0.5  # row 2, column 5
    columns = np.repeat(picture.ravel(order="F")[:, None], 2100, axis=1)
    alphabets = np.eye(50)[:, np.arange(2100) % 50]
    arrays = {
        "data": columns,
        "target": alphabets,
        "testdata": columns[:, :7],
        "testtarget": alphabets[:, :7],
    }
    savemat(tmp_path / "chardata.mat", arrays)
    read = read_burda([tmp_path / "chardata.mat"], ImageSplits(1000, 2000, 5))
    assert {name: len(split.labels) for name, split in read.items()} == {
        "train": 100,
        "valid": 2000,
        "test": 5,
    }
    assert read["test"].grey[0, 2, 5] == 128
    assert read["test"].grey[0].sum() == 128
    assert read["test"].labels.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("content", ["text", "other arrays", "shapes"])
def test_damaged_files_are_sentences(tmp_path, content):
    path = tmp_path / "file"
    if content == "text":
        path.write_text("no arrays")
    else:
        arrays = {"images": np.zeros((2, 3, 9, 9)), "labels": np.zeros((2, 3))}
        with path.open("wb") as file:
            np.savez(file, **(arrays if content == "shapes" else {"x": np.zeros(3)}))
    with pytest.raises(DataError, match=r"images|arrays"):
        read_raw([path], ImageSplits(1, 1, 1))
    with pytest.raises(DataError, match="testtarget"):
        read_burda([path], ImageSplits(1, 1, 1))


def test_the_bars_are_a_distribution_and_its_entropy_is_that_of_the_coins_and_the_noise():
    small = BarsGenerator(bars=2, noise=0.2)  # 4 x 4 pixels: all 65,536 pictures
    pictures = np.array(list(product([False, True], repeat=16))).reshape(-1, 4, 4)
    log_p = small.log_likelihood(as_documents(pictures))
    assert np.exp(log_p).sum() == pytest.approx(1.0, abs=1e-9)
    drawn = small.log_likelihood(small.sample(20_000, seed=0))
    entropy = -(np.exp(log_p) * log_p).sum()
    assert -drawn.mean() == pytest.approx(entropy, abs=5 * drawn.std() / 20_000**0.5)


def test_the_likelihood_of_bars_by_hand():
    one = BarsGenerator(bars=1, noise=0.25)  # empty or full, in either direction: 2 x 2 pixels
    log_p = one.log_likelihood(as_documents(np.array([[[True, False], [False, False]]])))
    by_hand = 0.5 * 0.25 * 0.75**3 + 0.5 * 0.25**3 * 0.75
    assert np.exp(log_p[0]) == pytest.approx(by_hand)


def test_labels_of_bars_tell_how_they_run():
    documents = BarsGenerator(noise=0.01).sample(300, seed=4)
    pixels = (documents.tokens.reshape(300, -1)[:, 1:] == INK).reshape(300, 14, 14)
    across, down = pixels.mean(2).var(1), pixels.mean(1).var(1)
    clear = np.abs(across - down) > 0.02
    assert clear.sum() > 200
    assert np.array_equal((down > across)[clear], documents.labels[clear] == 1)


def test_pictures_of_ones_own_are_known_by_what_is_in_them():
    def own(pictures, vocabulary=TONES):
        splits = [as_documents(pictures[a:b]) for a, b in ((0, 20), (20, 30), (30, 40))]
        return from_memory(Corpus("mine", "full", vocabulary, *splits, "drawn", "mine"))

    assert side_of_pictures(own(RNG.random((40, 6, 6)) < 0.5)) == 6
    assert side_of_pictures(from_memory(Corpus.from_texts(["a b", "b c", "a", "d"] * 3))) is None
    assert side_of_pictures("synthetic") is None


def test_every_corpus_of_images_says_its_side():
    images = {name for name, source in CORPORA.items() if isinstance(source, Images)}
    assert set(IMAGES) == images | {"bars"}
    assert side_of(load("bars", "smoke").test) == IMAGES["bars"]
    assert omniglot.SIDE == IMAGES["omniglot"] == IMAGES["omniglot-raw"]


@pytest.mark.data
@pytest.mark.skipif(not available("omniglot-raw"), reason="OMNIGLOT is not at hand")
def test_the_public_set_has_the_sizes_of_the_papers():
    corpus = load("omniglot-raw", "smoke")
    assert (len(corpus.train), len(corpus.valid), len(corpus.test)) == (64, 32, 32)
    assert side_of(corpus.test) == side_of(corpus.train) == 28
    assert isinstance(corpus.train, GreyImages)
    assert not isinstance(corpus.test, GreyImages)
    assert CORPORA["omniglot-raw"].scales["full"] == ImageSplits(24_345 - 2_000, 2_000, 8_070)
    with pytest.raises(DataError, match="seed"):
        load("omniglot-raw", "smoke", seed=1)
