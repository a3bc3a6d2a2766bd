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
from cnn.attribution import methods
from cnn.attribution.attribute import HookedCopy, attribute, hooked_copy
from cnn.attribution.attribution import describe
from cnn.attribution.methods import BASELINE, METHODS, count_passes, occlusion_window
from cnn.errors import MethodFails, UserError
from cnn.imaging.preprocess import to_tensor
from cnn.models import architectures, cores, engine, loading
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import predict
from cnn.progress import Progress
from tests.support.random_weights import film

PNEUMONIA = 1


class StoppedError(BaseException):
    """As Streamlit stops a script: not an Exception."""


def pixels_for(model: LoadedModel, seed: int = 0) -> Tensor:
    return to_tensor(film(seed), model.input_size)


def map_of(model: LoadedModel, method: str, pixels: Tensor | None = None) -> np.ndarray:
    return attribute(model, pixels_for(model) if pixels is None else pixels, method, PNEUMONIA).map


def gradient(module: nn.Module, pixels: Tensor) -> Tensor:
    """Return the logit's gradient at each film, written out."""
    leaf = pixels.clone().requires_grad_()
    return torch.autograd.grad(module(leaf)[:, PNEUMONIA].sum(), leaf)[0]


def score_change(module: nn.Module, pixels: Tensor) -> float:
    with torch.no_grad():
        return float((module(pixels) - module(torch.full_like(pixels, BASELINE)))[0, PNEUMONIA])


def assert_same(actual: np.ndarray, expected: Tensor) -> None:
    values = expected.detach().reshape(actual.shape).numpy()
    np.testing.assert_allclose(actual, values, rtol=1e-3, atol=1e-4 * np.abs(values).max())


def assert_similar(actual: np.ndarray, expected: Tensor) -> None:
    """Allow for two networks of the same function that round differently: a ReLU at 0 may go either way."""
    values = expected.detach().reshape(actual.shape).numpy()
    assert np.abs(actual - values).max() < 0.05 * np.abs(values).max()
    assert np.corrcoef(actual.ravel(), values.ravel())[0, 1] > 0.999


def linear_model(side: int = 14) -> tuple[LoadedModel, Tensor, Tensor]:
    """Return a network with known attributions, its weights and a film: logits = sum of weight * pixel."""
    layer = nn.Linear(side * side, 2).requires_grad_(False)
    generator = torch.Generator().manual_seed(3)
    layer.weight.copy_(torch.randn(2, side * side, generator=generator))
    module = nn.Sequential(nn.Flatten(), layer)
    pixels = torch.randn(1, 1, side, side, generator=generator)
    return LoadedModel("linear", module, {}, side, ()), layer.weight[PNEUMONIA].reshape(side, side), pixels


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long methods with few passes, in several chunks still."""
    for name, value in (("STEPS", 4), ("SAMPLES", 4), ("GRADIENT_CHUNK", 3), ("FORWARD_CHUNK", 5)):
        monkeypatch.setattr(methods, name, value)
    monkeypatch.setattr(methods, "occlusion_window", lambda size: (size // 2, size // 4))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("method", METHODS)
def test_every_method_works_on_every_model(model: LoadedModel, method: str) -> None:
    attribution = attribute(model, pixels_for(model), method, 1 - PNEUMONIA)
    assert attribution.map.shape == (model.input_size, model.input_size)
    assert attribution.map.dtype == np.float32
    assert np.isfinite(attribution.map).all()
    assert (attribution.method, attribution.target) == (method, 1 - PNEUMONIA)
    assert attribution.class_name == cards.CLASSES[1 - PNEUMONIA]
    assert attribution.passes == count_passes(model, method)
    assert attribution.signed or (attribution.scaled() >= 0).all()
    assert np.abs(attribution.scaled()).max() <= 1
    assert describe(attribution)


def test_saliency_and_input_x_gradient_are_their_formulas(model: LoadedModel) -> None:
    pixels = pixels_for(model)
    for compare, module in ((assert_same, model.folded), (assert_similar, model.module)):
        compare(map_of(model, "saliency"), gradient(module, pixels).abs())
        compare(map_of(model, "input_x_gradient"), pixels * gradient(module, pixels))


def test_deep_lift_adds_up(model: LoadedModel) -> None:
    """Its summation-to-delta property, through max pools, residual blocks and both networks of the ensemble."""
    attribution = attribute(model, pixels_for(model), "deep_lift", PNEUMONIA)
    change = score_change(model.module, pixels_for(model))
    assert attribution.score_change == pytest.approx(change, abs=1e-4)
    assert attribution.map.sum() == pytest.approx(change, rel=1e-3, abs=1e-3)


def test_captum_s_deep_lift_alone_does_not_add_up_on_the_lecture_s_network(lecture: LoadedModel) -> None:
    """If this fails, Captum is mended, and the clones before max pools can go."""
    pixels = pixels_for(lecture)
    values = captum.DeepLift(lecture.module).attribute(
        pixels.clone().requires_grad_(), torch.zeros_like(pixels), PNEUMONIA
    )
    change = score_change(lecture.module, pixels)
    assert abs(float(values.detach().sum()) - change) > 0.01 * abs(change)


def test_integrated_gradients_add_up_as_steps_grow(lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    gaps = []
    for steps in (methods.STEPS, 6 * methods.STEPS):
        monkeypatch.setattr(methods, "STEPS", steps)
        attribution = attribute(lecture, pixels_for(lecture), "integrated_gradients", PNEUMONIA)
        assert attribution.score_change is not None
        gaps.append(abs(float(attribution.map.sum()) / attribution.score_change - 1))
    assert gaps[1] < 0.01 < gaps[0] < 0.3


def test_integrated_gradients_in_chunks_are_captum_s(lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "STEPS", 12)
    expected = captum.IntegratedGradients(lecture.module).attribute(
        pixels_for(lecture), BASELINE, PNEUMONIA, n_steps=methods.STEPS
    )
    assert_same(map_of(lecture, "integrated_gradients"), expected)


def test_guided_backprop_is_guided(model: LoadedModel) -> None:
    """With ReLU6 or a reused ReLU, Captum would give the plain gradient without a warning."""
    pixels, values = pixels_for(model), map_of(model, "guided_backprop")
    plain = gradient(model.module, pixels).numpy()
    assert np.corrcoef(values.ravel(), plain.ravel())[0, 1] < 0.9
    assert_same(values, guided_by_hand(model.folded, pixels))
    assert_similar(values, guided_by_hand(model.module, pixels))


class GuidedReLU(torch.autograd.Function):
    """A ReLU that passes back neither negative gradients nor gradients of negative inputs."""

    @staticmethod
    def forward(context, values):  # type: ignore[no-untyped-def]
        context.save_for_backward(values)
        return values.clamp(min=0)

    @staticmethod
    def backward(context, gradients):  # type: ignore[no-untyped-def]
        (values,) = context.saved_tensors
        return gradients.clamp(min=0) * (values > 0)


def guided_by_hand(module: nn.Module, pixels: Tensor) -> Tensor:
    """Springenberg et al., section 3.4, without hooks."""
    relus = [layer for layer in module.modules() if isinstance(layer, nn.ReLU)]
    try:
        for relu in relus:
            relu.forward = GuidedReLU.apply  # type: ignore[method-assign]
        return gradient(module, pixels)
    finally:
        for relu in relus:
            del relu.forward


def cam_by_hand(module: nn.Module, layer: nn.Module, pixels: Tensor) -> Tensor:
    """Selvaraju et al., equations 1 and 2 without the ReLU, over the number of pixels per cell."""
    outputs: list[Tensor] = []
    handle = layer.register_forward_hook(lambda layer, inputs, output: outputs.append(output))
    slope = torch.autograd.grad(module(pixels.clone().requires_grad_())[0, PNEUMONIA], outputs)[0]
    handle.remove()
    cam = (slope.mean(dim=(2, 3), keepdim=True) * outputs[0]).sum(dim=1, keepdim=True)
    fine = nn.functional.interpolate(cam, size=pixels.shape[-2:], mode="bilinear", align_corners=False)
    return fine * cam.numel() / pixels.numel()


def test_grad_cam_is_the_formula_and_keeps_evidence_against_the_class(model: LoadedModel) -> None:
    layers = [model.module.get_submodule(name) for name in model.cam_layers]
    assert len(layers) == (2 if model.name == "ensemble" else 1)
    expected = torch.stack([cam_by_hand(model.module, layer, pixels_for(model)) for layer in layers]).sum(0)
    assert_same(map_of(model, "grad_cam"), expected)
    module = copy.deepcopy(model.module)
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.neg_()
            layer.bias.neg_()
    assert_same(map_of(dataclasses.replace(model, module=module), "grad_cam"), -expected)


def test_guided_grad_cam_is_captum_s(lecture: LoadedModel) -> None:
    (layer,) = (lecture.module.get_submodule(name) for name in lecture.cam_layers)
    expected = captum.GuidedGradCam(lecture.module, layer).attribute(
        pixels_for(lecture).requires_grad_(), PNEUMONIA, interpolate_mode="bilinear"
    )
    assert_same(map_of(lecture, "guided_grad_cam"), expected * 8 * 8 / 128**2)


def test_the_factors_of_guided_grad_cam_are_its_two_maps(lecture: LoadedModel) -> None:
    (_, support), (_, guided) = attribute(lecture, pixels_for(lecture), "guided_grad_cam", PNEUMONIA).factors
    assert support == pytest.approx(np.maximum(map_of(lecture, "grad_cam"), 0).sum(), rel=0.05, abs=1e-6)
    assert guided == pytest.approx(np.abs(map_of(lecture, "guided_backprop")).sum(), rel=1e-4)


def test_occlusion_of_a_linear_network_is_exact() -> None:
    """Covering a window removes its sum of weight * pixel; a pixel gets the mean over the windows that cover it."""
    side = 28
    model, weight, pixels = linear_model(side)
    window, stride = occlusion_window(side)
    assert (window, stride) == (4, 2)
    product = (weight * pixels[0, 0]).numpy()
    total, covered = np.zeros((side, side)), np.zeros((side, side))
    for top in range(0, side - window + stride, stride):
        for left in range(0, side - window + stride, stride):
            square = np.s_[top : top + window, left : left + window]
            total[square] += product[square].sum()
            covered[square] += 1
    np.testing.assert_allclose(map_of(model, "occlusion", pixels), total / covered, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("method", ["integrated_gradients", "gradient_shap", "deep_lift", "input_x_gradient"])
def test_attributions_of_a_linear_network_are_weight_times_pixel(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "SHAP_NOISE", 0.0)
    model, weight, pixels = linear_model()
    assert_same(map_of(model, method, pixels), weight * pixels)


def test_smoothgrad_is_captum_s_noise_tunnel_with_the_same_draws(
    lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = pixels_for(lecture)
    spread = float(methods.NOISE * (pixels.max() - pixels.min()))
    give_noise(monkeypatch, pixels, spread)
    expected = captum.NoiseTunnel(captum.Saliency(lecture.module)).attribute(
        pixels,
        nt_samples=methods.SAMPLES,
        nt_samples_batch_size=methods.GRADIENT_CHUNK,
        stdevs=spread,
        target=PNEUMONIA,
        abs=False,
    )
    assert_same(map_of(lecture, "smoothgrad"), expected.abs())


def test_gradient_shap_is_captum_s_with_the_same_draws(lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = pixels_for(lecture)
    spread = float(methods.SHAP_NOISE * (pixels.max() - pixels.min()))
    positions = give_noise(monkeypatch, pixels, spread)
    monkeypatch.setattr(gradient_shap.np.random, "uniform", lambda low, high, count: positions.numpy())
    expected = captum.GradientShap(lecture.module).attribute(
        pixels, torch.zeros_like(pixels), methods.SAMPLES, spread, PNEUMONIA
    )
    assert_same(map_of(lecture, "gradient_shap"), expected)


def give_noise(monkeypatch: pytest.MonkeyPatch, pixels: Tensor, spread: float) -> Tensor:
    """Let Captum draw this project's noise, and return the positions that belong to it."""
    noise, positions = zip(*methods.noise_chunks(pixels), strict=True)
    draws = iter(torch.cat(noise))

    def add(image: Tensor, stdev: float, count: int) -> Tensor:
        assert stdev == pytest.approx(spread)
        return image + spread * torch.stack([next(draws) for _ in range(count)])

    monkeypatch.setattr(captum.NoiseTunnel, "_add_noise_to_input", staticmethod(add))
    return torch.cat(positions).flatten()


@pytest.mark.parametrize("method", ["smoothgrad", "gradient_shap"])
def test_random_methods_give_the_same_map_every_time(lecture: LoadedModel, method: str) -> None:
    first = map_of(lecture, method)
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    np.testing.assert_array_equal(map_of(lecture, method), first)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("method", METHODS)
def test_a_dead_network_gives_blank_maps(lecture: LoadedModel, method: str) -> None:
    module = architectures.lecture().eval().requires_grad_(False)
    module.get_submodule("fc").get_parameter("weight").zero_()
    attribution = attribute(dataclasses.replace(lecture, module=module), pixels_for(lecture), method, PNEUMONIA)
    assert attribution.blank
    assert not attribution.scaled().any()


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_six_threads_mixing_methods_give_the_maps_of_one(weights: Path) -> None:
    """And plain predictions in between. Without the lock, Captum's hooks give wrong maps without an error."""
    models = {name: loading.load_from(weights, name) for name in ("lecture", "transfer")}
    tasks = [("lecture", method, number % 2) for number, method in enumerate(METHODS)]
    tasks += [("transfer", method, PNEUMONIA) for method in ("saliency", "grad_cam", "guided_backprop", "deep_lift")]

    def compute(task: tuple[str, str, int]) -> np.ndarray:
        name, method, target = task
        return attribute(models[name], pixels_for(models[name], seed=target), method, target).map

    def logits_of(name: str) -> tuple[float, float]:
        return predict(models[name], film()).logits

    alone = [compute(task) for task in tasks]
    logits_alone = {name: logits_of(name) for name in models}
    order = np.random.default_rng(0).permutation(len(tasks))
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda number: compute(tasks[number]), order))
        logits = list(pool.map(logits_of, ["lecture", "transfer"] * 5))
    for number, values in zip(order, together, strict=True):
        expected = alone[number]
        np.testing.assert_allclose(
            values, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max(), err_msg=str(tasks[number])
        )
    assert logits == [pytest.approx(logits_alone[name]) for name in ["lecture", "transfer"] * 5]


def test_a_prediction_does_not_wait_for_a_long_explanation(lecture: LoadedModel) -> None:
    """The explanation pauses between its passes until the prediction has returned."""
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


def test_a_waiting_thread_is_told_its_position(lecture: LoadedModel) -> None:
    calls: list[tuple[int, int, int]] = []

    def on_wait(position: int, done: int, total: int) -> None:
        calls.append((position, done, total))
        if len(calls) == 2:
            raise StoppedError

    with hooked_copy(lecture).lock.acquire(1), pytest.raises(StoppedError):
        attribute(lecture, pixels_for(lecture), "occlusion", PNEUMONIA, on_wait=on_wait)
    assert calls == 2 * [(1, 0, count_passes(lecture, "occlusion"))]


def count_hooks(module: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(layer, kind)) for layer in module.modules() for kind in kinds)


def state(model: LoadedModel) -> tuple[object, ...]:
    networks = (model.module, hooked_copy(model).network)
    return (
        [count_hooks(network) for network in networks],
        [layer.training for network in networks for layer in network.modules()],
        [parameter.requires_grad for parameter in model.module.parameters()],
        [parameter.grad for parameter in model.module.parameters()],
        [float(parameter.double().sum()) for parameter in model.module.state_dict().values()],
    )


def stop_at(passes: int) -> Progress:
    def progress(done: int, total: int) -> None:
        if done >= passes:
            raise StoppedError

    return progress


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("method", METHODS)
def test_a_model_is_left_as_it_was_after_success_a_stop_and_a_failure(lecture: LoadedModel, method: str) -> None:
    before = state(lecture)
    assert before[0] == [0, 0]
    expected = map_of(lecture, method)
    assert state(lecture) == before
    for passes in (0, 1):
        with pytest.raises(StoppedError):
            attribute(lecture, pixels_for(lecture), method, PNEUMONIA, stop_at(passes))
        assert state(lecture) == before
    with pytest.raises((MethodFails, IndexError)):
        attribute(lecture, pixels_for(lecture), method, target=7)
    assert state(lecture) == before
    np.testing.assert_array_equal(map_of(lecture, method), expected)


@pytest.mark.parametrize("method", ["occlusion", "integrated_gradients", "smoothgrad", "gradient_shap"])
def test_progress_counts_every_pass(lecture: LoadedModel, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "CORES", 1)
    calls: list[tuple[int, int]] = []
    attribute(lecture, pixels_for(lecture), method, PNEUMONIA, lambda *call: calls.append(call))
    total, done = count_passes(lecture, method), [done for done, _ in calls]
    assert {each for _, each in calls} == {total}
    assert (done[0], done[-1], sorted(done)) == (0, total, done)
    assert 0 < total - done[-2] <= methods.FORWARD_CHUNK, "passes are counted as they happen"
    assert len(calls) > 4


def test_the_hooked_copy_is_the_same_function(model: LoadedModel) -> None:
    """In double precision, where rounding switches no ReLU, logits and gradients are equal."""
    exact = copy.deepcopy(model.module).double()
    double = HookedCopy(engine.fold_batch_norms(exact)).network
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in double.modules())
    pixels = pixels_for(model).double()
    if model.name in ("transfer", "ensemble"):  # which take any size
        pixels = pixels[..., ::3, ::3]
    torch.testing.assert_close(double(pixels), exact(pixels), rtol=1e-5, atol=1e-5)
    assert_same(gradient(double, pixels).numpy(), gradient(exact, pixels))
    assert_same(guided_by_hand(double, pixels).numpy(), guided_by_hand(exact, pixels))


def test_the_hooked_copy_shares_its_weights(model: LoadedModel) -> None:
    network = hooked_copy(model).network
    assert network is not model.folded
    expected, actual = (
        {id(tensor) for tensor in module.state_dict(keep_vars=True).values()} for module in (model.folded, network)
    )
    assert actual == expected


def test_works_on_pixels_made_for_inference_only(lecture: LoadedModel) -> None:
    with torch.inference_mode():
        assert map_of(lecture, "grad_cam").any()


def test_an_unknown_method_is_an_error_in_a_sentence(lecture: LoadedModel) -> None:
    with pytest.raises(UserError, match=r"no method named .*magic"):
        map_of(lecture, "magic")
