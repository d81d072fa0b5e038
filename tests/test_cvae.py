"""The conditional model: independent of padding, gradients too; a prior that knows no reply."""

from dataclasses import replace

import pytest
import torch
from small import tiny_documents, tiny_model
from small_dialogue import DIALOGUE_SIZES, tiny_cvae, tiny_dialogue_system, tiny_exchanges
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import DialogueBatch, make_batch
from collapse.objectives import Objective, UnscaledKL, elbo_terms
from collapse.parts import Part
from collapse.recipe import ConditionalRecipe, changes
from collapse.recipes import RECIPES
from collapse.system import System

NAMES = [name for name, recipe in RECIPES.items() if isinstance(recipe, ConditionalRecipe)]


def batch_of(*indices: int) -> DialogueBatch:
    batch = make_batch(tiny_exchanges(), indices)
    assert isinstance(batch, DialogueBatch)
    return batch


def padded(batch: DialogueBatch, by: int = 3, junk: int = 7) -> DialogueBatch:
    """The same batch with more padding, and words where nobody may look."""
    return replace(
        batch,
        tokens=F.pad(batch.tokens, (0, by), value=junk),
        context=F.pad(batch.context, (0, by), value=junk),
        equal_length=False,
    )


def step(system: System, batch: DialogueBatch) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The training loss of each reply and the gradients of all parameters."""
    system.zero_grad()
    with seeded(5):
        values = system.objective.loss(system.objective(system.model, batch), 0.7)
    values.mean().backward()
    return values.detach(), [p.grad.clone() for p in system.parameters() if p.grad is not None]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [False, True])
def test_loss_and_gradients_do_not_depend_on_padding(name: str, training: bool) -> None:
    system = tiny_dialogue_system(name).train(training)
    batch = batch_of(0, 3, 5, 9)
    plain, gradients = step(system, batch)
    more, same = step(system, padded(batch))
    torch.testing.assert_close(more, plain)
    assert len(same) == len(list(system.parameters()))
    for one, other in zip(gradients, same, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_a_reply_is_encoded_alike_alone_and_in_company() -> None:
    model = tiny_cvae()
    together, alone = model.encode(batch_of(4, 0, 7)), model.encode(batch_of(0))
    torch.testing.assert_close(together.mean[1:2], alone.mean)
    torch.testing.assert_close(
        model.prior(batch_of(4, 0, 7)).mean[1:2], model.prior(batch_of(0)).mean
    )


def test_the_prior_sees_the_context_and_not_the_reply() -> None:
    model, batch = tiny_cvae(), batch_of(0, 3)
    other = replace(batch, tokens=batch.tokens.clone().masked_fill_(batch.tokens > 3, 9))
    assert torch.equal(model.prior(batch).mean, model.prior(other).mean)
    assert not torch.allclose(model.encode(batch).mean, model.encode(other).mean)
    changed = replace(batch, context=(batch.context + 1).clamp(max=11))
    assert not torch.allclose(model.prior(batch).mean, model.prior(changed).mean)


def test_who_said_what_and_in_which_order_matters() -> None:
    model, exchanges = tiny_cvae(), tiny_exchanges()
    index = next(i for i in range(24) if len(exchanges.context(i)) == 3)
    batch = batch_of(index)
    flipped = replace(batch, same_speaker=~batch.same_speaker)
    order = replace(
        batch, context=batch.context.flip(0), context_lengths=batch.context_lengths.flip(0)
    )
    for other in (flipped, order):
        assert not torch.allclose(model.prior(batch).mean, model.prior(other).mean)


def test_q_that_does_not_hear_sees_the_reply_alone() -> None:
    model, batch = tiny_cvae("bn-cvae-reply"), batch_of(0, 3)
    changed = replace(batch, context=(batch.context + 1).clamp(max=11))
    assert torch.equal(model.encode(batch).mean, model.encode(changed).mean)
    assert not torch.allclose(model.prior(batch).mean, model.prior(changed).mean)


def test_reading_once_gives_what_reading_each_time_gives() -> None:
    model, batch = tiny_cvae(), batch_of(0, 3, 8)
    seen, z = model.read(batch), torch.ones(3, 2)
    assert model.read(seen) is seen
    torch.testing.assert_close(model.log_likelihood(seen, z), model.log_likelihood(batch, z))
    torch.testing.assert_close(model.encode(seen).stddev, model.encode(batch).stddev)


def test_log_likelihood_is_the_sum_of_log_probs_word_by_word() -> None:
    model, batch, z = tiny_cvae(), batch_of(3), torch.tensor([[0.4, -1.0]])
    total, words = 0.0, batch.tokens[0].tolist()
    for end in range(1, len(words)):
        probs = model.decoder.next_word(torch.tensor([words[:end]]), model.code(batch, z))
        total += probs[0, words[end]].log().item()
    assert model.log_likelihood(batch, z).item() == pytest.approx(total, rel=1e-4)


def test_z_and_context_reach_the_decoder() -> None:
    model, batch = tiny_cvae(spread=1.0), batch_of(3, 3)
    z = torch.tensor([[2.0, -2.0], [-2.0, 2.0]])
    one, other = model.log_likelihood(batch, z).tolist()
    assert one != pytest.approx(other, abs=1e-4)


def test_the_tie_and_the_bag_are_added_to_the_loss() -> None:
    batch = batch_of(0, 3)
    for name in ("cvae", "bn-cvae", "cvae-bow"):
        system = tiny_dialogue_system(name)
        model, objective = system.model, system.objective
        with seeded(1):
            terms = objective(model, batch)
        with seeded(1):
            z = model.encode(batch).rsample()
        prior = model.prior(batch)
        tie = kl_divergence(prior, Normal(0.0, 1.0)).sum(-1) if name == "bn-cvae" else 0.0
        bag = words_loss(system, batch, z) if name == "cvae-bow" else 0.0
        plain = kl_divergence(model.encode(batch), prior).sum(-1)
        expected = 0.3 * (plain + tie) + bag - model.log_likelihood(batch, z)
        torch.testing.assert_close(objective.loss(terms, 0.3), expected)


def words_loss(system: System, batch: DialogueBatch, z: torch.Tensor) -> torch.Tensor:
    """The bag-of-words loss word by word."""
    probs = system.objective.bow.words(system.model.code(batch, z)).softmax(-1)
    totals = []
    for row, (tokens, length) in enumerate(zip(batch.tokens, batch.lengths, strict=True)):
        totals.append(-sum(probs[row, word].log() for word in tokens[1:length]))
    return torch.stack(totals)


def test_parameters_belong_to_one_network_each() -> None:
    for name in ("cvae-bow", "bn-cvae-both"):
        system = tiny_dialogue_system(name)
        parts = [*system.model.inference_parameters(), *system.generator_parameters()]
        assert {id(p) for p in parts} == {id(p) for p in system.parameters()}
        assert len(parts) == len({id(p) for p in parts})


def test_what_is_no_dialogue_is_refused() -> None:
    model = tiny_cvae()
    with pytest.raises(CollapseError, match=r"prior\(batch\)"):
        model.prior()
    with pytest.raises(CollapseError, match="dialogue corpus"):
        model.encode(make_batch(tiny_documents(), [0]))


def test_a_divergence_has_no_place_in_a_conditional_recipe() -> None:
    with pytest.raises(CollapseError, match="learned prior"):
        ConditionalRecipe(regulariser=Part(UnscaledKL))


def test_a_plain_model_is_as_it_was() -> None:
    model, batch = tiny_model(), make_batch(tiny_documents(), [0, 1])
    assert model.read(batch) is batch
    assert torch.equal(model.prior(batch).mean, model.prior().mean)
    with seeded(0):
        terms = elbo_terms(model, batch)
    with seeded(0):
        loss = Objective().loss(Objective()(model, batch), 1.0)
    torch.testing.assert_close(loss, -terms.elbo)


def test_recipes_say_what_they_change() -> None:
    assert changes(RECIPES["cvae"]) == "the plain CVAE"
    assert changes(RECIPES["vae"]) == "the plain VAE"
    assert "prior_kl=True" in changes(RECIPES["bn-cvae"])


def test_generation_is_greedy_or_drawn() -> None:
    model, batch = tiny_cvae(spread=2.0), batch_of(3).repeat(60)
    code, first = model.code(batch, torch.zeros(60, 2)), torch.ones(60, dtype=torch.long)
    greedy = model.decoder.generate(code, first, 4)
    assert greedy.shape == (60, 4)
    assert len(greedy.unique(dim=0)) == 1
    step = model.decoder.next_word(torch.cat([first[:1], greedy[0, :2]])[None], code[:1])
    assert step.argmax().item() == greedy[0, 2].item()
    drawn = model.decoder.generate(code, first, 4, torch.Generator().manual_seed(0))
    assert len(drawn.unique(dim=0)) > 1


def test_sizes_follow_those_of_the_paper() -> None:
    sizes = replace(DIALOGUE_SIZES, hidden=400, latent=200, embedding=200)
    model = RECIPES["cvae"].build(sizes).model
    assert (model.encoder.words.hidden_size, model.encoder.turns.hidden_size) == (300, 600)
    assert (model.decoder.gru.hidden_size, model.posterior.latent) == (400, 200)
