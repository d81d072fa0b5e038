"""The probe of the feature space sees what the model would make of the documents."""

import torch
from small import tiny_corpus, tiny_model

from collapse.metrics import encode_split, split_features
from collapse.runs.measuring.probes import Features


def test_features_and_the_means_that_are_made_of_them() -> None:
    model, corpus = tiny_model("pool-max"), tiny_corpus()
    found = Features(documents=6)(model, corpus)
    few = corpus.valid.subset(range(6))
    assert torch.equal(found["features"], split_features(model, few))
    torch.testing.assert_close(found["mean"], encode_split(model, few).q.mean)
    assert len(Features(documents=99)(model, corpus)["features"]) == len(corpus.valid)
