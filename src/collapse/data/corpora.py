"""The corpora by name: ``load(name, scale)`` is all that the rest of the package uses."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from collapse.base.errors import DataError, choose
from collapse.data import texts
from collapse.data.corpus import Corpus
from collapse.data.generated.bars import bars
from collapse.data.generated.synthetic import synthetic
from collapse.data.generated.topics import FILLERS, Topics
from collapse.data.generated.toy_dialogue import toy_dialogue
from collapse.data.generated.toy_reviews import toy_reviews
from collapse.data.images import omniglot
from collapse.data.images.files import BURDA_FILES, RAW_FILES
from collapse.data.images.omniglot import ImageSplits
from collapse.data.images.pixels import TONES
from collapse.data.kinds import (
    PAGES,
    SENTENCES,
    Dialogues,
    Generated,
    Images,
    Source,
    Sources,
    SplitSizes,
    Text,
)
from collapse.data.own import OwnCorpus, from_memory
from collapse.data.own.paths import own_at
from collapse.data.switchboard import DialogueSizes, read_swda, read_zhao

# What stands for a corpus: a name, a path to texts of one's own, or the corpus itself.
AnyCorpus = str | Path | Corpus | OwnCorpus

PAGES_OF_YANG: dict[str, SplitSizes] = {  # Yang et al. (2017): 20,000 words and the four markers
    **PAGES,
    "colab": (20_000, 2_000, 2_000, 20_004),
    "full": (100_000, 10_000, 10_000, 20_004),
}
OMNIGLOT_SIZES = {  # at full scale those of He et al. (2019)
    "smoke": ImageSplits(64, 32, 32),
    "light": ImageSplits(2_000, 500, 500),
    "medium": ImageSplits(8_000, 1_000, 1_000),
    "colab": ImageSplits(22_345, 2_000, 8_070),
    "full": ImageSplits(22_345, 2_000, 8_070),
}
# Those whose name and scale say everything about their documents.
OUR_CORPORA: dict[str, Generated | Text | Dialogues | Images] = {
    "synthetic": Generated(
        source="Symbols written by an LSTM from a latent of four Gaussians (He et al. 2019, B.1).",
        make=synthetic,
    ),
    "toy-reviews": Generated(
        source="Short reviews from a small probabilistic grammar with known factors.",
        make=toy_reviews,
    ),
    # The number in the name is what decides the documents, so that the name identifies them.
    **{
        f"topics-{filler}": Generated(
            source=f"Four words of one of four topics, then {filler} words of noise.",
            make=Topics(filler),
        )
        for filler in FILLERS
    },
    "toy-dialogue": Generated(
        source="Eight contexts with four replies each, one word in ten replaced by noise.",
        make=toy_dialogue,
    ),
    "yelp-sentiment": Text(
        source=(
            "Sentences of Yelp reviews with their sentiment, 0 negative and 1 positive (Shen et "
            "al. 2017), re-drawn from the public validation and test files: distinct, shuffled "
            "with a fixed seed, no sentence in two splits."
        ),
        rights="Text from the Yelp data set challenge; academic use only.",
        files=(
            "yelp_sentiment/sentiment.dev.0",
            "yelp_sentiment/sentiment.dev.1",
            "yelp_sentiment/sentiment.test.0",
            "yelp_sentiment/sentiment.test.1",
        ),
        read=texts.read_yelp_sentiment,
        scales={**SENTENCES, "colab": (40_000, 4_000, 4_000, 20_000)},
    ),
    "yahoo": Text(
        source=(
            "Yahoo answers of 20 to 200 words on ten topics (Yang et al. 2017); `_UNK` in the "
            "text is an ordinary word."
        ),
        rights="Yahoo Answers; research use under a data-sharing agreement (Zhang et al. 2015).",
        files=("yahoo/train.txt", "yahoo/val.txt", "yahoo/test.txt"),
        read=texts.read_plain,
        scales=PAGES_OF_YANG,
    ),
    "yelp": Text(
        source=(
            "Yelp reviews of 2015 with their stars, a sample of 100,000 / 10,000 / 10,000 (Yang "
            "et al. 2017)."
        ),
        rights="Text from the Yelp data set challenge; academic use only.",
        files=("yelp/yelp.train.txt", "yelp/yelp.valid.txt", "yelp/yelp.test.txt"),
        read=texts.read_labelled,
        scales=PAGES_OF_YANG,
    ),
    "ptb": Text(
        source="Sentences of the Wall Street Journal in Mikolov's version of the Penn Treebank.",
        rights="Linguistic Data Consortium; research use.",
        files=("ptb/train.txt", "ptb/valid.txt", "ptb/test.txt"),
        read=texts.read_plain,
        scales=SENTENCES,
    ),
    "switchboard": Dialogues(
        source=(
            "Telephone conversations of Switchboard with dialogue acts (SwDA), lower-cased, words "
            "and punctuation taken apart, utterances cut after 40 words, split by conversation."
        ),
        rights="Linguistic Data Consortium; the annotation of SwDA is CC BY-NC-SA 3.0.",
        files=("swda/swda_data.tar",),
        read=read_swda,
        scales={
            "smoke": DialogueSizes(4, 2, 2, 300, window=3),
            "light": DialogueSizes(30, 4, 4, 1000, window=3),
            "medium": DialogueSizes(150, 21, 19, 3000, window=5),
            "colab": DialogueSizes(300, 21, 19, 5000, window=10),
            "full": DialogueSizes(1115, 21, 19, 10_000, window=10),
        },
    ),
    "switchboard-zhao": Dialogues(
        source=(
            "Telephone conversations of Switchboard with dialogue acts, the splits of Zhao et al. "
            "(2017), utterances cut after 40 words."
        ),
        rights="Linguistic Data Consortium; the set of Zhao et al. (2017) is under Apache-2.0.",
        files=("swda/train.jsonl", "swda/valid.jsonl", "swda/test.jsonl"),
        read=read_zhao,
        scales={
            "smoke": DialogueSizes(4, 2, 2, 300, window=3),
            "light": DialogueSizes(30, 4, 4, 1000, window=3),
            "medium": DialogueSizes(150, 60, 62, 3000, window=5),
            "colab": DialogueSizes(300, 60, 62, 5000, window=10),
            "full": DialogueSizes(2316, 60, 62, 10_000, window=10),
        },
    ),
    "imdb": Text(
        source=(
            "Film reviews (Maas et al. 2011), lower-cased, words and punctuation taken apart, "
            "reviews of more than 200 words cut into pieces, shuffled with a fixed seed, no "
            "review in two splits."
        ),
        rights="Large Movie Review Dataset; research use, cite Maas et al. (2011).",
        files=("imdb/aclImdb.tar",),
        read=texts.read_imdb,
        scales=PAGES,
    ),
    "bars": Generated(
        source="Pictures of 14 x 14 pixels: bars that lie or stand, under noise.",
        make=bars,
    ),
    "omniglot-raw": Images(
        source=(
            "Handwritten characters of fifty alphabets (Lake et al. 2015), the raw set shuffled "
            "with a fixed seed and cut to the usual sizes, down-sampled by area from 105 x 105 to "
            "28 x 28 pixels; likelihoods compare with those of this set only."
        ),
        rights="OMNIGLOT (Lake et al. 2015), MIT licence.",
        files=RAW_FILES,
        read=omniglot.read_raw,
        scales=OMNIGLOT_SIZES,
    ),
    "omniglot": Images(
        source=(
            "Handwritten characters of fifty alphabets in 28 x 28 pixels, the files and splits of "
            "Burda et al. (2016), which the papers use."
        ),
        rights="OMNIGLOT (Lake et al. 2015), MIT licence; this form by Burda et al. (2016).",
        files=BURDA_FILES,
        read=omniglot.read_burda,
        scales=OMNIGLOT_SIZES,
    ),
}

# One's own may be added: CORPORA["mine"] = Generated("What it is.", make), see documents_for.
CORPORA = Sources(OUR_CORPORA)
DIALOGUES = ("toy-dialogue", "switchboard", "switchboard-zhao")  # replies with their contexts
IMAGES = {"bars": 14, "omniglot": 28, "omniglot-raw": 28}  # the side of their pictures in pixels
LABELLED = ("toy-reviews", "yelp-sentiment", "yelp")  # sentences or reviews with their labels


def load(name: AnyCorpus, scale: str = "light", seed: int = 0) -> Corpus:
    """A corpus by name, or one's own cut to a scale.

    Args:
        name: one of ``CORPORA``, "auto" (see ``resolve``), a path to texts of your own (see
            :meth:`collapse.data.Corpus.from_folder`), or a corpus.
        scale: "smoke", "light", "medium", "colab" or "full".
        seed: for generated corpora only: decides the documents.

    Raises:
        UnknownNameError: for another name or scale.
        DataMissingError: when a text is not at hand and cannot be downloaded.
        DataError: when a file is damaged or cannot be read, or a seed is given for a fixed text.
    """
    corpus = resolve(name)
    label = corpus if isinstance(corpus, str) else corpus.name
    return source_of(corpus).load(label, scale, seed)


def available(name: AnyCorpus) -> bool:
    """Whether ``load(name)`` is likely to succeed; decided within a few seconds.

    Raises:
        UnknownNameError: for a name that is not in ``CORPORA``, nor a path.
    """
    return source_of(resolve(name)).available()


def source_of(corpus: str | OwnCorpus) -> Source:
    """What loads a corpus that :func:`resolve` has found.

    Raises:
        UnknownNameError: for a name that is not in ``CORPORA``.
    """
    return choose(corpus, CORPORA, "corpus") if isinstance(corpus, str) else corpus


def resolve(name: AnyCorpus, options: Mapping[str, Any] | None = None) -> str | OwnCorpus:
    """What is meant: a name of ``CORPORA``, or a corpus of one's own.

    A name is itself; "auto" is "yelp-sentiment" if it can be had, else "toy-reviews", which is
    found out once a process. Any other text that is the path of a folder or file is read.

    Args:
        name: what stands for a corpus.
        options: of a path, how it is to be read, such as ``{"tokens": "characters"}``: fields of
            :class:`collapse.data.reading.How`, which count before the file beside the texts.

    Raises:
        UnknownNameError: for what is no name and no path, or for an option that there is not.
        DataError: for a path where nothing is, or nothing that can be read; for options of what is
            no path; for a corpus of the package that has been loaded; for what is none of these.
    """
    if not isinstance(name, str | Path | Corpus | OwnCorpus):
        raise DataError(
            "A corpus is a name in collapse.CORPORA, a path to texts, or a Corpus, as "
            f"Corpus.from_texts makes it of a list of them; got {name!r:.80}."
        )
    if isinstance(name, Path) or (isinstance(name, str) and name not in (*CORPORA, "auto")):
        return own_at(name, options or {}, CORPORA)
    if options:
        raise DataError(
            f"{', '.join(options)}: this says how a folder or a file of your own is read; "
            f"{name if isinstance(name, str) else 'a corpus from memory'} is neither. Leave it out."
        )
    if isinstance(name, str):
        return _automatic() if name == "auto" else name
    if isinstance(name, OwnCorpus):
        return name
    if name.reading is None and name.name in OUR_CORPORA:
        raise DataError(
            f"This is the corpus {name.name!r} of the package at scale {name.scale!r}. Hand over "
            "its name and that scale, and the settings are those that belong to it. If you have "
            "changed it, give it a name of its own: dataclasses.replace(corpus, name='mine')."
        )
    return from_memory(name)


def documents_for(name: AnyCorpus, scale: str) -> str | OwnCorpus:
    """What a run is made of: as :func:`resolve`, but never a name that only this process knows.

    What somebody has put into ``CORPORA``, or in the place of something there, is asked for its
    documents of this scale, and they are a corpus of one's own: known by what is in it.

    Args:
        name: what stands for a corpus.
        scale: "smoke", "light", "medium", "colab" or "full".

    Raises:
        UnknownNameError, DataError: as for :func:`resolve`; or for what makes no corpus, or one
            that no run can be made of.
    """
    resolved = resolve(name)
    if isinstance(resolved, OwnCorpus) or CORPORA[resolved] is OUR_CORPORA.get(resolved):
        return resolved
    choose(scale, SENTENCES, "scale")
    corpus = CORPORA[resolved].load(resolved, scale, 0)
    if not isinstance(corpus, Corpus):
        raise DataError(
            f"CORPORA[{resolved!r}] makes a {type(corpus).__name__}. It must make a Corpus, for "
            "instance with Corpus.from_texts or Corpus.from_generator."
        )
    return from_memory(replace(corpus, name=resolved))


def side_of_pictures(corpus: str | OwnCorpus) -> int | None:
    """The side of a corpus's pictures in pixels; None for a corpus of texts.

    One's own pictures are known by their two tones, and by being square and of one size.
    """
    if isinstance(corpus, str):
        return IMAGES.get(corpus)
    side = math.isqrt(max(corpus.counts.longest - 1, 0))
    pictures = corpus.counts.lengths == 1 and corpus.counts.vocabulary == len(TONES)
    return side if pictures and side**2 + 1 == corpus.counts.longest else None


@cache
def _automatic() -> str:
    return "yelp-sentiment" if available("yelp-sentiment") else "toy-reviews"
