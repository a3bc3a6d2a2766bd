"""The gate before the classifier: any opinion can refuse, what is not used has no say, and the shipped one works."""

from pathlib import Path
from shutil import copytree

import pytest
import torch
from torch import Tensor

from cnn import cards
from cnn.errors import WeightsRejected
from cnn.imaging.preprocess import resize, standardise
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import lung_segmenter, ood_gate
from cnn.models.architectures import LungNet
from tests.support import random_weights

LIMITS = {"kind": 0.5, "distance": 10.0, "lungs": 0.1}
LUNGS = torch.zeros(10, 10, dtype=torch.bool)
LUNGS[2:8, 1:9] = True
NONE = torch.zeros_like(LUNGS)


def chances(**high: float) -> Tensor:
    """Of each kind: what is named, the rest to ``film``."""
    found = torch.zeros(len(ood_gate.KINDS))
    for kind, chance in high.items():
        found[ood_gate.KINDS.index(kind.replace("_", " "))] = chance
    found[0] = 1 - found.sum()
    return found


def judged(
    kinds: Tensor, distance: float = 5.0, lung: Tensor = LUNGS, limits: dict[str, float] = LIMITS
) -> ood_gate.GateResult:
    return ood_gate.combine_scores(kinds, distance, lung, limits)


def test_a_film_like_the_others_passes() -> None:
    verdict = judged(chances(other=0.1))
    assert verdict.accepted
    assert max(verdict.scores.values()) <= 1


@pytest.mark.parametrize("kind", [kind for kind in ood_gate.KINDS if kind != "film"])
def test_the_likeliest_kind_is_the_reason(kind: str) -> None:
    verdict = judged(chances(**{kind.replace(" ", "_"): 0.9}))
    assert not verdict.accepted
    assert verdict.reason == ood_gate.REASONS[kind]
    assert (
        verdict.sentence("a.png") == f"“a.png” does not look like a frontal chest radiograph, because {verdict.reason}."
    )


def test_each_opinion_can_refuse_by_itself() -> None:
    assert judged(chances(), distance=11).reason == ood_gate.REASONS["other"]
    assert judged(chances(), lung=NONE).reason == "no lungs were found in it"
    few = NONE.clone()
    few[0] = True
    assert judged(chances(), lung=few, limits=LIMITS | {"lungs": 0.2}).reason == "only 10 % of it was found to be lung"


def test_a_score_without_limit_has_no_say() -> None:
    assert judged(chances(), distance=1e6, lung=NONE, limits={"kind": 0.5}).accepted


def test_a_gate_of_another_segmenter_is_not_used(weights: Path, tmp_path: Path) -> None:
    folder = copytree(weights, tmp_path / "copy")
    assert ood_gate.load_from(folder).limits
    random_weights.write(folder, "lung_segmenter", LungNet(), {"classes": ["lung"]})
    ood_gate.load_from.cache_clear()
    lung_segmenter.load_from.cache_clear()
    with pytest.raises(WeightsRejected, match="another lung segmenter"):
        ood_gate.load_from(folder)


def test_the_shipped_gate_lets_chests_pass_and_the_ankle_not() -> None:
    for sample in SAMPLES:
        verdict = ood_gate.check(read_radiograph(*sample.read()))
        assert verdict.accepted == (sample.key != "ankle"), sample.key


def test_the_shipped_gate_says_what_is_wrong_with_a_chest() -> None:
    sample = next(sample for sample in SAMPLES if sample.key.startswith("simulated"))
    film = standardise(resize(read_radiograph(*sample.read()).pixels, ood_gate.INPUT_SIZE))
    changed = {"upside down": film.flip(2), "lying": film.rot90(1, (2, 3)), "negative": -film}
    for kind, pixels in changed.items():
        assert ood_gate.check_batch(pixels)[0].reason == ood_gate.REASONS[kind], kind


def test_the_shipped_gate_refuses_what_no_machine_made() -> None:
    noise = torch.rand(1, 1, ood_gate.INPUT_SIZE, ood_gate.INPUT_SIZE, generator=torch.Generator().manual_seed(0))
    page = torch.ones(1, 1, ood_gate.INPUT_SIZE, ood_gate.INPUT_SIZE)
    page[..., 20:200:12, 20:200] = 0
    for verdict in ood_gate.check_batch(standardise(torch.cat([noise, page]))):
        assert not verdict.accepted


def test_the_card_keeps_the_issue_s_word_on_false_refusals() -> None:
    card = cards.read_card(cards.WEIGHTS_FOLDER, "ood_gate")
    chosen = next(each for each in card["compared"] if each["name"] == card["chosen"])
    assert len(card["compared"]) >= 3
    assert card["pictures"]["report, no chest films"] >= 300
    assert chosen["films"]["official test films"] <= 0.03
    assert chosen["films"]["adults of all patients"] <= 0.05
    assert chosen["caught"]["report"] >= 0.95
    names = set(card["chosen"].split(" or "))
    offered = [each for each in card["compared"] if set(each["name"].split(" or ")) <= names]
    assert chosen["caught"]["choose"] == max(each["caught"]["choose"] for each in offered)
