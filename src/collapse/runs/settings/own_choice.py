"""What a scale makes of a corpus of one's own, said in words before anything is computed."""

from collapse.data import OwnCorpus
from collapse.runs.settings.lookup import base_scale, settings_for
from collapse.runs.settings.sizes import Settings


def own_choice(own: OwnCorpus, scale: str, given: Settings | None = None) -> str:
    """What a scale takes of a corpus of one's own, with which settings, and why, in words.

    Args:
        own: the corpus.
        scale: a name from ``SCALES``.
        given: settings that were not chosen here.
    """
    base = base_scale(scale)
    sizes, whole = own.sizes(base), (*own.counts.documents, own.counts.vocabulary)
    train, valid, test, words = (
        f"{size:,}" if size == had else f"{size:,} of {had:,}"
        for size, had in zip(sizes, whole, strict=True)
    )
    part = " (drawn with a fixed seed; the scale full takes all)" if sizes != whole else ""
    documents = (
        f"{own} at scale {scale}: {train} documents to learn from, {valid} for validation, {test} "
        f"to test, {words} tokens in the vocabulary{part}."
    )
    if given is not None:
        return f"{documents} Settings: as given."
    s, counts = settings_for(own, scale), own.counts
    why = {
        "smoke": "a test, which learns nothing",
        "light": f"{sizes[0]:,} documents where this scale takes up to {own.most(base)[0]:,}",
    }.get(base, f"{counts.tokens:,} tokens to learn from, {counts.median:g} a document (median)")
    lengths = {"bucket": "one length", "random": "any length"}[s.training.batching]
    epochs = f"{s.training.epochs} epoch{'s' if s.training.epochs > 1 else ''}"
    return (
        f"{documents} Embedding {s.embedding}, LSTM {s.hidden}, {s.latent} latent dimensions, "
        f"{s.training.optimizer}, up to {epochs}: {why}. Batches of {lengths}: "
        f"{sizes[0] / counts.lengths:.1f} documents have the same length, on average."
    )
