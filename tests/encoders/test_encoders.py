"""Place 1: an encoder may be narrower than the decoder."""

import torch
from small import SIZES, tiny_documents

from collapse.data import make_batch
from collapse.encoders import LSTMEncoder
from collapse.parts import Part
from collapse.pooling import AttentionPool
from collapse.recipe import Recipe


def test_a_narrow_encoder_feeds_a_wide_decoder() -> None:
    recipe = Recipe(encoder=Part(LSTMEncoder, width=3), features=Part(AttentionPool))
    model = recipe.build(SIZES).eval().model
    batch = make_batch(tiny_documents(), range(5))
    states = model.encoder(batch.tokens, batch.lengths)
    assert states.shape[-1] == 3
    assert model.features(states, batch.lengths).shape == (5, 3)
    assert model.encode(batch).batch_shape == (5, SIZES.latent)
    assert model.decoder.get_parameter("output.weight").shape[1] == SIZES.hidden
    assert model.log_likelihood(batch, torch.zeros(5, SIZES.latent)).shape == (5,)
