"""Attributions against plain formulas, against Captum's own, and from many threads at once."""

import copy
import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import captum.attr as captum
import numpy as np
import pytest
import torch
from captum.attr._core import gradient_shap
from torch import Tensor, nn

from cnn import cards
from cnn.attribution import attribute as attribute_module
from cnn.attribution import methods
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import describe
from cnn.attribution.methods import BASELINE, METHODS, count_passes, occlusion_window
from cnn.errors import Busy, UserError
from cnn.imaging.preprocess import to_tensor
from cnn.models import architectures, loading
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import predict
from tests.support.random_weights import film

PNEUMONIA = 1
pytestmark = pytest.mark.filterwarnings(r"ignore:\s*Setting (forward|backward):UserWarning")


def pixels_for(model: LoadedModel, seed: int = 0) -> Tensor:
    return to_tensor(film(seed), model.input_size)


def gradient(module: nn.Module, pixels: Tensor, target: int = PNEUMONIA) -> Tensor:
    """The logit's gradient at each picture, written out."""
    leaf = pixels.clone().requires_grad_()
    return torch.autograd.grad(module(leaf)[:, target].sum(), leaf)[0]


def logit(module: nn.Module, pixels: Tensor) -> float:
    with torch.no_grad():
        return float(module(pixels)[0, PNEUMONIA])


def assert_same(found: np.ndarray, expected: Tensor) -> None:
    wanted = expected.detach().reshape(found.shape).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())


def assert_alike(found: np.ndarray, expected: Tensor) -> None:
    """Where two networks of the same function round apart: a ReLU whose input is almost 0 may go either way."""
    wanted = expected.detach().reshape(found.shape).numpy()
    assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.999


def linear_model(side: int = 14) -> tuple[LoadedModel, Tensor]:
    """A network whose attributions are known: logits = sum of weight * pixel, plus a bias. And its weights."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(side * side, 2)).requires_grad_(False)
    generator = torch.Generator().manual_seed(3)
    module[1].weight.copy_(torch.randn(2, side * side, generator=generator))
    model = LoadedModel("lecture", module, {}, side, module[0])
    return model, module[1].weight[PNEUMONIA].reshape(side, side)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long methods with few passes, in several chunks still."""
    monkeypatch.setattr(methods, "STEPS", 8)
    monkeypatch.setattr(methods, "SAMPLES", 8)
    monkeypatch.setattr(methods, "occlusion_window", lambda size: (size // 2, size // 6))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", [0, 1])
def test_every_method_works_on_every_model(model: LoadedModel, method: str, target: int) -> None:
    found = attribute(model, pixels_for(model), method, target)
    side = model.input_size
    assert (found.map.shape, found.map.dtype) == ((side, side), np.float32)
    assert np.isfinite(found.map).all()
    assert (found.method, found.target, found.passes) == (method, target, count_passes(model, method))
    assert found.class_name == cards.CLASSES[target]
    assert found.signed or (found.map >= 0).all()
    assert np.abs(found.shown()).max() <= 1
    assert describe(found)


def test_saliency_is_the_size_of_the_gradient(model: LoadedModel) -> None:
    pixels = pixels_for(model)
    found = attribute(model, pixels, "saliency", PNEUMONIA).map
    assert_same(found, gradient(model.folded, pixels).abs())
    assert_alike(found, gradient(model.module, pixels).abs())


def test_input_x_gradient_is_their_product(model: LoadedModel) -> None:
    pixels = pixels_for(model)
    found = attribute(model, pixels, "input_x_gradient", PNEUMONIA).map
    assert_same(found, pixels * gradient(model.folded, pixels))
    assert_alike(found, pixels * gradient(model.module, pixels))


def test_deep_lift_adds_up(model: LoadedModel) -> None:
    """Its summation-to-delta property, through max pools, residual blocks and both halves of the ensemble."""
    pixels = pixels_for(model)
    found = attribute(model, pixels, "deep_lift", PNEUMONIA)
    change = logit(model.module, pixels) - logit(model.module, torch.full_like(pixels, BASELINE))
    assert found.change == pytest.approx(change, abs=1e-4)
    assert found.map.sum() == pytest.approx(change, rel=1e-3, abs=1e-3)


def test_captum_s_deep_lift_alone_does_not_add_up_on_the_lecture_s_network(lecture: LoadedModel) -> None:
    """Why a copy stands before every max pool. If this fails, Captum is mended and the copy can go."""
    pixels = pixels_for(lecture)
    alone = captum.DeepLift(lecture.module).attribute(pixels.requires_grad_(), torch.zeros_like(pixels), PNEUMONIA)
    change = logit(lecture.module, pixels) - logit(lecture.module, torch.zeros_like(pixels))
    assert abs(float(alone.detach().sum()) - change) > 0.01 * abs(change)


def test_integrated_gradients_add_up_as_steps_grow(lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = pixels_for(lecture)
    gaps = []
    for steps in (methods.STEPS, 8 * methods.STEPS):
        monkeypatch.setattr(methods, "STEPS", steps)
        found = attribute(lecture, pixels, "integrated_gradients", PNEUMONIA)
        assert found.change is not None
        gaps.append(abs(float(found.map.sum()) - found.change) / abs(found.change))
    assert gaps[1] < 0.01 < gaps[0] < 0.3


def test_integrated_gradients_in_chunks_are_captum_s(lecture: LoadedModel) -> None:
    pixels = pixels_for(lecture)
    whole = captum.IntegratedGradients(lecture.module).attribute(pixels, BASELINE, PNEUMONIA, n_steps=methods.STEPS)
    assert_same(attribute(lecture, pixels, "integrated_gradients", PNEUMONIA).map, whole)


def test_guided_backprop_is_guided(model: LoadedModel) -> None:
    """On ReLU6 or a reused ReLU, Captum gives the plain gradient and says nothing."""
    pixels = pixels_for(model)
    found = torch.from_numpy(attribute(model, pixels, "guided_backprop", PNEUMONIA).map)
    plain = gradient(model.module, pixels)[0, 0]
    assert torch.corrcoef(torch.stack([found.flatten(), plain.flatten()]))[0, 1] < 0.9
    assert_same(found.numpy(), guided_by_hand(model.folded, pixels)[0, 0])
    assert_alike(found.numpy(), guided_by_hand(model.module, pixels)[0, 0])


class GuidedReLU(torch.autograd.Function):
    """ReLU that passes back neither what was negative on the way in nor what is negative on the way back."""

    @staticmethod
    def forward(context, values):  # type: ignore[no-untyped-def]
        context.save_for_backward(values)
        return values.clamp(min=0)

    @staticmethod
    def backward(context, passed_back):  # type: ignore[no-untyped-def]
        (values,) = context.saved_tensors
        return passed_back.clamp(min=0) * (values > 0)


def guided_by_hand(module: nn.Module, pixels: Tensor) -> Tensor:
    """Springenberg et al., section 3.4, without hooks."""
    relus = [part for part in module.modules() if isinstance(part, nn.ReLU)]
    try:
        for relu in relus:
            relu.forward = GuidedReLU.apply  # type: ignore[method-assign]
        return gradient(module, pixels)
    finally:
        for relu in relus:
            del relu.forward


def cam_by_hand(module: nn.Module, layer: nn.Module, pixels: Tensor) -> Tensor:
    """Selvaraju et al., equations 1 and 2 without the ReLU, over the number of pixels that each cell stands for."""
    kept: list[Tensor] = []
    handle = layer.register_forward_hook(lambda layer, inputs, output: kept.append(output))
    leaf = pixels.clone().requires_grad_()
    slope = torch.autograd.grad(module(leaf)[0, PNEUMONIA], kept[0])[0]
    handle.remove()
    cam = (slope.mean(dim=(2, 3), keepdim=True) * kept[0]).sum(dim=1, keepdim=True)
    fine = nn.functional.interpolate(cam, size=pixels.shape[-2:], mode="bilinear", align_corners=False)
    return fine * cam.numel() / pixels.numel()


def test_grad_cam_is_the_formula_and_keeps_what_speaks_against(model: LoadedModel) -> None:
    pixels = pixels_for(model)
    layers = [model.cam_layer]
    if model.name == "ensemble":
        layers.append(model.module.get_submodule("lecture.relu5"))
    expected = sum(cam_by_hand(model.module, layer, pixels) for layer in layers)
    assert_same(attribute(model, pixels, "grad_cam", PNEUMONIA).map, expected)
    opposite = negated(model)
    assert_same(attribute(opposite, pixels, "grad_cam", PNEUMONIA).map, -expected)


def negated(model: LoadedModel) -> LoadedModel:
    """The same network with the sign of its logits turned."""
    name = next(name for name, part in model.module.named_modules() if part is model.cam_layer)
    module = copy.deepcopy(model.module)
    for part in module.modules():
        if isinstance(part, nn.Linear):
            part.weight.neg_()
            part.bias.neg_()
    return dataclasses.replace(model, module=module, cam_layer=module.get_submodule(name))


def test_guided_grad_cam_is_captum_s(lecture: LoadedModel) -> None:
    pixels = pixels_for(lecture).requires_grad_()
    expected = captum.GuidedGradCam(lecture.module, lecture.cam_layer).attribute(
        pixels, PNEUMONIA, interpolate_mode="bilinear"
    )
    found = attribute(lecture, pixels, "guided_grad_cam", PNEUMONIA).map
    assert_same(found, expected * 8 * 8 / 128**2)


def test_occlusion_of_a_linear_network_is_exact() -> None:
    """Covering a window takes the sum of weight * pixel away; a pixel gets the mean over the windows that cover it."""
    side = 28
    model, weight = linear_model(side)
    pixels = torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(5))
    window, stride = occlusion_window(side)
    assert (window, stride) == (4, 2)
    product = (weight * pixels[0, 0]).numpy()
    total, covered = np.zeros((side, side)), np.zeros((side, side))
    for top in range(0, side - window + stride, stride):
        for left in range(0, side - window + stride, stride):
            place = np.s_[top : top + window, left : left + window]
            total[place] += product[place].sum()
            covered[place] += 1
    found = attribute(model, pixels, "occlusion", PNEUMONIA).map
    np.testing.assert_allclose(found, total / covered, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("size", "window", "stride"), [(224, 32, 16), (128, 18, 9)])
def test_occlusion_windows_grow_with_the_input(size: int, window: int, stride: int) -> None:
    assert occlusion_window(size) == (window, stride)


@pytest.mark.parametrize("method", ["integrated_gradients", "gradient_shap", "deep_lift", "input_x_gradient"])
def test_attributions_of_a_linear_network_are_weight_times_pixel(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "SHAP_NOISE", 0.0)
    model, weight = linear_model()
    pixels = torch.randn(1, 1, 14, 14, generator=torch.Generator().manual_seed(5))
    assert_same(attribute(model, pixels, method, PNEUMONIA).map, weight * pixels)


def test_smoothgrad_is_captum_s_noise_tunnel_with_the_same_draws(
    lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = pixels_for(lecture)
    found = attribute(lecture, pixels, "smoothgrad", PNEUMONIA).map
    spread = float(methods.NOISE * (pixels.max() - pixels.min()))
    give_noise(monkeypatch, pixels, spread)
    tunnel = captum.NoiseTunnel(captum.Saliency(lecture.module))
    expected = tunnel.attribute(
        pixels, nt_samples=methods.SAMPLES, nt_samples_batch_size=methods.GRADIENT_CHUNK, stdevs=spread,
        target=PNEUMONIA, abs=False,
    )  # fmt: skip
    assert_same(found, expected.abs())


def test_gradient_shap_is_captum_s_with_the_same_draws(lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = pixels_for(lecture)
    found = attribute(lecture, pixels, "gradient_shap", PNEUMONIA).map
    spread = float(methods.SHAP_NOISE * (pixels.max() - pixels.min()))
    positions = torch.cat([position.flatten() for position in give_noise(monkeypatch, pixels, spread)])
    monkeypatch.setattr(gradient_shap.np.random, "uniform", lambda low, high, count: positions.numpy())
    expected = captum.GradientShap(lecture.module).attribute(
        pixels, torch.zeros_like(pixels), methods.SAMPLES, spread, PNEUMONIA
    )
    assert_same(found, expected)


def give_noise(monkeypatch: pytest.MonkeyPatch, pixels: Tensor, spread: float) -> list[Tensor]:
    """Lets Captum draw this project's noise; returns the positions that belong to it."""
    run = methods._Run(nn.Identity(), (), pixels, PNEUMONIA, 0, lambda done, total: None, None)  # type: ignore[arg-type]
    noise, positions = zip(*run.noise(), strict=True)
    rest = list(torch.cat(noise))

    def add(picture: Tensor, stdev: float, count: int) -> Tensor:
        assert stdev == pytest.approx(spread)
        return picture + spread * torch.stack([rest.pop(0) for _ in range(count)])

    monkeypatch.setattr(captum.NoiseTunnel, "_add_noise_to_input", staticmethod(add))
    return list(positions)


@pytest.mark.parametrize("method", ["smoothgrad", "gradient_shap"])
def test_random_methods_give_the_same_map_every_time(lecture: LoadedModel, method: str) -> None:
    pixels = pixels_for(lecture)
    first = attribute(lecture, pixels, method, PNEUMONIA).map
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    np.testing.assert_array_equal(attribute(lecture, pixels, method, PNEUMONIA).map, first)


def test_a_dead_network_gives_blank_maps(lecture: LoadedModel) -> None:
    module = architectures.lecture().eval().requires_grad_(False)
    module.fc.weight.zero_()
    dead = dataclasses.replace(lecture, module=module, cam_layer=module.relu5)
    for method in METHODS:
        found = attribute(dead, pixels_for(dead), method, PNEUMONIA)
        assert found.blank, method
        assert not found.shown().any()


@pytest.mark.usefixtures("short")
def test_six_threads_mixing_methods_give_the_maps_of_one(weights: Path) -> None:
    """And plain predictions in between. Unlocked on one module, Captum's hooks give silently wrong maps."""
    shared = {name: loading.load_from(weights, name) for name in ("lecture", "transfer")}
    tasks = [("lecture", method, target) for method in METHODS for target in (0, 1)]
    tasks += [("transfer", method, PNEUMONIA) for method in METHODS]

    def map_of(task: tuple[str, str, int]) -> np.ndarray:
        name, method, target = task
        return attribute(shared[name], pixels_for(shared[name], seed=target), method, target).map

    def logits_of(name: str) -> tuple[float, float]:
        return predict(shared[name], film()).logits

    alone = [map_of(task) for task in tasks]
    undisturbed = {name: logits_of(name) for name in shared}
    order = np.random.default_rng(0).permutation(len(tasks))
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda number: map_of(tasks[number]), order))
        logits = list(pool.map(logits_of, ["lecture", "transfer"] * 10))
    wrong = [tasks[number] for number, found in zip(order, together, strict=True) if not close(found, alone[number])]
    assert not wrong
    assert logits == [pytest.approx(undisturbed[name]) for name in ["lecture", "transfer"] * 10]


def close(found: np.ndarray, expected: np.ndarray) -> bool:
    return np.allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_a_prediction_does_not_wait_for_a_long_explanation(lecture: LoadedModel) -> None:
    """The explanation stands still in the middle of its passes until the prediction has come back."""
    predicted, halfway = threading.Event(), threading.Event()

    def progress(done: int, total: int) -> None:
        if done:
            halfway.set()
            assert predicted.wait(10), "the prediction waited for the explanation"

    with ThreadPoolExecutor(1) as pool:
        explanation = pool.submit(attribute, lecture, pixels_for(lecture), "smoothgrad", PNEUMONIA, progress)
        assert halfway.wait(10)
        predict(lecture, film())
        predicted.set()
        explanation.result()


def test_a_quick_method_overtakes_a_slow_one(lecture: LoadedModel) -> None:
    finished: list[str] = []
    halfway = threading.Event()

    def progress(done: int, total: int) -> None:
        if done:
            halfway.set()

    def explain_with(method: str) -> None:
        attribute(lecture, pixels_for(lecture), method, PNEUMONIA, progress)
        finished.append(method)

    with ThreadPoolExecutor(2) as pool:
        pool.submit(explain_with, "occlusion")
        assert halfway.wait(10)
        pool.submit(explain_with, "saliency")
    assert finished == ["saliency", "occlusion"]


def test_a_wait_that_is_too_long_ends_in_a_sentence(lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribute_module, "LOCK_TIMEOUT_S", 0.05)
    with methods._bench(lecture).turns.take(1), pytest.raises(Busy, match="in line"):
        attribute(lecture, pixels_for(lecture), "saliency", PNEUMONIA)


def test_who_waits_is_told_the_place_in_line(lecture: LoadedModel) -> None:
    told: list[tuple[int, int, int]] = []

    def waiting(place: int, done: int, total: int) -> None:
        told.append((place, done, total))
        if len(told) == 2:
            raise KeyboardInterrupt

    with methods._bench(lecture).turns.take(1), pytest.raises(KeyboardInterrupt):
        attribute(lecture, pixels_for(lecture), "occlusion", PNEUMONIA, waiting=waiting)
    assert told == 2 * [(1, 0, methods.count_passes(lecture, "occlusion"))]


def hooks(module: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(part, kind)) for part in module.modules() for kind in kinds)


def state(model: LoadedModel) -> tuple[object, ...]:
    both = (model.module, methods._bench(model).network)
    return (
        [hooks(module) for module in both],
        [part.training for module in both for part in module.modules()],
        [parameter.requires_grad for parameter in model.module.parameters()],
        [parameter.grad for parameter in model.module.parameters()],
        [float(parameter.double().sum()) for parameter in model.module.state_dict().values()],
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_model_is_left_as_it_was_after_success_and_after_a_stop(lecture: LoadedModel, method: str) -> None:
    class StoppedError(BaseException):
        """As Streamlit stops a script: not an Exception."""

    def stop_at(last: int) -> methods.Progress:
        def progress(done: int, total: int) -> None:
            if done >= last:
                raise StoppedError

        return progress

    before = state(lecture)
    assert before[0] == [0, 0]
    expected = attribute(lecture, pixels_for(lecture), method, PNEUMONIA).map
    assert state(lecture) == before
    for last in (0, 1):
        with pytest.raises(StoppedError):
            attribute(lecture, pixels_for(lecture), method, PNEUMONIA, stop_at(last))
        assert state(lecture) == before
    np.testing.assert_array_equal(attribute(lecture, pixels_for(lecture), method, PNEUMONIA).map, expected)


@pytest.mark.parametrize("method", METHODS)
def test_a_model_is_left_as_it_was_after_a_failure_inside_the_network(lecture: LoadedModel, method: str) -> None:
    before = state(lecture)
    with pytest.raises(RuntimeError):
        attribute(lecture, torch.randn(1, 3, 128, 128), method, PNEUMONIA)
    assert state(lecture) == before
    assert attribute(lecture, pixels_for(lecture), "saliency", PNEUMONIA).map.any()


def test_progress_counts_every_pass(lecture: LoadedModel) -> None:
    for method in ("occlusion", "integrated_gradients", "smoothgrad", "gradient_shap"):
        told: list[tuple[int, int]] = []
        attribute(lecture, pixels_for(lecture), method, PNEUMONIA, lambda *now, told=told: told.append(now))
        total = count_passes(lecture, method)
        done = [now[0] for now in told]
        assert {now[1] for now in told} == {total}
        assert (done[0], done[-1], sorted(done)) == (0, total, done)
        last_chunk = total - done[-2]
        assert 0 < last_chunk <= methods.FORWARD_CHUNK, "passes are counted as they happen"
        assert len(told) > 4


def test_the_double_is_the_same_function(model: LoadedModel) -> None:
    """Made in double precision, where no ReLU goes another way for rounding, logits and gradients are equal."""
    exact = copy.deepcopy(model.module).double()
    double = methods._Bench(loading.fold_batch_norms(exact)).network
    assert not any(isinstance(part, nn.BatchNorm2d) for part in double.modules())
    pixels = pixels_for(model).double()
    torch.testing.assert_close(double(pixels), exact(pixels), rtol=1e-5, atol=1e-5)
    assert_same(gradient(double, pixels)[0, 0].numpy(), gradient(exact, pixels))
    assert_same(guided_by_hand(double, pixels)[0, 0].numpy(), guided_by_hand(exact, pixels))


def test_the_double_shares_its_weights(model: LoadedModel) -> None:
    double = methods._bench(model).network
    assert double is not model.folded
    own = {id(tensor) for tensor in model.folded.state_dict(keep_vars=True).values()}
    assert {id(tensor) for tensor in double.state_dict(keep_vars=True).values()} == own


def test_works_on_pixels_made_for_inference_only(lecture: LoadedModel) -> None:
    with torch.inference_mode():
        pixels = pixels_for(lecture)
        found = attribute(lecture, pixels, "grad_cam", PNEUMONIA)
    assert found.map.any()


def test_an_unknown_method_is_refused_in_a_sentence(lecture: LoadedModel) -> None:
    with pytest.raises(UserError, match="no method named 'magic'"):
        attribute(lecture, pixels_for(lecture), "magic", PNEUMONIA)
