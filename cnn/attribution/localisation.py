"""Does a map point at the disease? Four measures of one map (H, W) against the pixels of the truth (H, W) bool.

The first three ask only for the order of the map's values; all are 1 for a map that is the truth itself.
"""

from collections.abc import Callable, Iterable

import numpy as np
from sklearn.metrics import average_precision_score

from cnn.attribution.attribution import Meaning

TOP = 0.10
"""Share of a film's pixels that a map is cut to before it is compared with the truth; fixed before measuring."""


def box_mask(boxes: Iterable[tuple[float, float, float, float]], height: int, width: int, side: int) -> np.ndarray:
    """The pixels of a (side, side) grid whose middle lies in one of the ``boxes``: (side, side) bool.

    Args:
        boxes: x, y, width, height in pixels of a film of ``height`` by ``width``, which was squeezed to the grid.
    """
    ys, xs = ((np.arange(side) + 0.5) * length / side for length in (height, width))
    mask = np.zeros((side, side), dtype=bool)
    for x, y, wide, high in boxes:
        mask |= ((ys >= y) & (ys < y + high))[:, None] & ((xs >= x) & (xs < x + wide))[None, :]
    return mask


def ordered(values: np.ndarray, meaning: Meaning) -> np.ndarray:
    """A map whose largest values are where its method looks, for any kind of map.

    Where the sign says for or against the class, "against" ranks last; where it says brighter or darker, or nothing,
    only the size counts.
    """
    return values if meaning == "evidence" else np.abs(values)


def pointing_game(heat: np.ndarray, truth: np.ndarray) -> float:
    """1 if the largest value lies in the truth, 0 if not; of several largest, the share that does.

    Source: Zhang et al., IJCV 2018, here without their tolerance of 15 pixels.
    """
    return float(truth[heat == heat.max()].mean())


def iou_at(heat: np.ndarray, truth: np.ndarray, top: float = TOP) -> float:
    """Intersection over union of the truth and the pixels at or above the map's ``1 - top`` quantile, 0..1."""
    chosen = heat >= np.quantile(heat, 1 - top)
    return float((chosen & truth).sum() / (chosen | truth).sum())


def pixel_auprc(heat: np.ndarray, truth: np.ndarray) -> float:
    """Area under the precision-recall curve of "this pixel lies in the truth", as average precision, 0..1.

    A map without order has the share of the truth in the film. Source: Arun et al., Radiology: AI 2021.
    """
    return float(average_precision_score(truth.ravel(), heat.ravel()))


def energy_in(heat: np.ndarray, truth: np.ndarray) -> float:
    """Share of the map's positive values that lies in the truth, 0..1; 0 for a map without any.

    Source: Wang et al., Score-CAM, CVPR workshops 2020.
    """
    positive = np.clip(heat, 0, None).astype(np.float64)
    return float(positive[truth].sum() / positive.sum()) if positive.any() else 0.0


MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "pointing": pointing_game,
    "iou": iou_at,
    "auprc": pixel_auprc,
    "energy": energy_in,
}


def measure(heat: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """All of :data:`MEASURES`."""
    return {name: score(heat, truth) for name, score in MEASURES.items()}
