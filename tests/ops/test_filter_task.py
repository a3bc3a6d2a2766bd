"""The task of learning a filter: reproducible, learnable, and its backward pass is that of autograd."""

import numpy as np
import pytest

from cnn.ops.filter_task import PAIRS, TARGETS, FilterTask, backward_pass


@pytest.mark.parametrize("target", [*TARGETS, "hidden"])
@pytest.mark.parametrize("seed", [0, 7])
def test_every_target_can_be_learned(target: str, seed: int) -> None:
    task = FilterTask(target, seed)
    steps = task.steps(task.largest_rate / 2, 500)
    assert steps[-1].loss < 1e-3
    np.testing.assert_array_equal(FilterTask(target, seed).start, task.start)


def test_a_step_is_the_mean_of_the_pairs_gradients() -> None:
    task = FilterTask()
    first, second = task.steps(0.1, 1)
    gradients = [backward_pass(task, task.start, pair).gradients.weight[0, 0] for pair in range(PAIRS)]
    np.testing.assert_allclose(second.weight, task.start - 0.1 * np.mean(gradients, axis=0))
    assert first.loss == pytest.approx(np.mean([backward_pass(task, task.start, pair).loss for pair in range(PAIRS)]))


def test_the_grid_s_output_is_the_gradient() -> None:
    passed = backward_pass(FilterTask(), FilterTask().start, 1)
    np.testing.assert_allclose(passed.weight_gradient.output[0], passed.gradients.weight[0, 0])
