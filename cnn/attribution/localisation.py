"""Does a map point at the disease? Four measures of a map (H, W) against the ground truth (H, W) bool.

The first three depend on the order of the map's values only; all are 1 for a map that is the ground truth itself.
"""

from collections.abc import Callable, Iterable

import numpy as np

from cnn.attribution.attribution import Meaning

TOP = 0.10
"""Share of a film's pixels that is compared with the ground truth by IoU; fixed before measuring."""


def box_mask(boxes: Iterable[tuple[float, float, float, float]], height: int, width: int, side: int) -> np.ndarray:
    """Return the pixels of a (side, side) grid with their centre in one of the ``boxes``, (side, side) bool.

    Args:
        boxes: x, y, width, height in pixels of the film.
        height: of the film, which is squeezed to the grid.
        width: of the film.
        side: of the grid.
    """
    ys, xs = ((np.arange(side) + 0.5) * length / side for length in (height, width))
    mask = np.zeros((side, side), dtype=bool)
    for x, y, box_width, box_height in boxes:
        mask |= ((ys >= y) & (ys < y + box_height))[:, None] & ((xs >= x) & (xs < x + box_width))[None, :]
    return mask


def as_heatmap(values: np.ndarray, meaning: Meaning) -> np.ndarray:
    """Return a map whose largest values are the most important by its method.

    Evidence against the class ranks last; where the sign has another meaning or none, the absolute values count.
    """
    return values if meaning == "evidence" else np.abs(values)


def pointing_game(heat: np.ndarray, truth: np.ndarray) -> float:
    """Return 1 if the largest value lies in the ground truth, else 0; of several largest, the share that does.

    Source: Zhang et al., IJCV 2018, here without their tolerance of 15 pixels.
    """
    return float(truth[heat == heat.max()].mean())


def iou_of_top(heat: np.ndarray, truth: np.ndarray, top: float = TOP) -> float:
    """Return the intersection over union of the ground truth and the share ``top`` of strongest pixels, 0..1."""
    strongest = heat >= np.quantile(heat, 1 - top)
    return float((strongest & truth).sum() / (strongest | truth).sum())


def pixel_auprc(heat: np.ndarray, truth: np.ndarray) -> float:
    """Return the average precision of "this pixel lies in the ground truth", 0..1.

    A constant map scores the share of the ground truth in the film. Source: Arun et al., Radiology: AI 2021.
    """
    from sklearn.metrics import average_precision_score  # takes half a second, and only the bench asks for it

    return float(average_precision_score(truth.ravel(), heat.ravel()))


def energy_inside(heat: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of the map's positive values in the ground truth, 0..1; 0 for a map without any.

    Source: Wang et al., Score-CAM, CVPR workshops 2020.
    """
    positive = np.clip(heat, 0, None).astype(np.float64)
    return float(positive[truth].sum() / positive.sum()) if positive.any() else 0.0


MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "pointing": pointing_game,
    "iou": iou_of_top,
    "auprc": pixel_auprc,
    "energy": energy_inside,
}


def measure(heat: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return all of :data:`MEASURES`."""
    return {name: score(heat, truth) for name, score in MEASURES.items()}
