"""The public files of the images, entered into the table beside those of the texts.

The raw set comes from a repository of a third party that holds it as NumPy arrays; its checksums
were taken from the files as they were read. Burda et al.'s file has none: nobody has published one
but an MD5, and it is looked at by its arrays when it is read.

They stand here because the table's module is part of what identifies a run on telephone talk, and
no such run reads them.
"""

from collapse.data.sources import FILES, SourceFile

ARRAYS = "https://github.com/bitsandscraps/omniglot/raw/HEAD/"  # the raw set as NumPy arrays
BURDA = "https://github.com/yburda/iwae/raw/master/datasets/OMNIGLOT/chardata.mat"

RAW_FILES = ("omniglot/images_background.npz", "omniglot/images_evaluation.npz")
BURDA_FILES = ("omniglot/chardata.mat",)

FILES.update(
    {
        "omniglot/images_background.npz": SourceFile(
            ARRAYS + "images_background.npz",
            "8bf84167413cd00beacdce3fe582f780ab538d8dbef043a6d688f2527bbce199",
        ),
        "omniglot/images_evaluation.npz": SourceFile(
            ARRAYS + "images_evaluation.npz",
            "0b84c7ffd94c4841c0040e529c86a82eaaccb986d8eadad5673f7991b7475276",
        ),
        "omniglot/chardata.mat": SourceFile(BURDA),
    }
)
