"""Run the JavaScript of the Lecture CNN in a page of Chromium, beside PyTorch."""

import base64

import numpy as np
import torch
from playwright.sync_api import Page
from torch import Tensor

from cnn.imaging.preprocess import resample, standardise
from cnn.models import loading
from cnn.models.loading import LoadedModel
from tests.support.servers import ROOT

FOLDER = ROOT / "ui" / "chest" / "lecture_cnn"
CHANGES = {
    "nothing": "film",
    "window and turn": "turnAndCrop(applyWindow(film, 0.45, 0.7), 224, 9, 0.05)",
    "erased square": "fillMean(film, film.map((_, index) => index % 224 > 60 && index % 224 < 110 && index > 20000))",
    "blur and noise": "CORRUPTIONS.gaussian.run(blur(film, 224, 2), 224, 0.05)",
}
"""Changes as JavaScript, of ``film``."""
ASK = """({ encoded, change }) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0)).buffer;
    const film = Float64Array.from(new Float32Array(bytes));
    const changed = eval(change);
    const answer = classify(tensors, resample(changed, 224, 128), 1);
    let text = "";
    for (const byte of new Uint8Array(Float32Array.from(changed).buffer)) text += String.fromCharCode(byte);
    return { ...answer, contributions: [...answer.contributions], film: btoa(text) };
}"""


def load_network(page: Page, model: LoadedModel) -> None:
    """Load the scripts and the weights of ``model`` into an empty page."""
    page.goto("about:blank")
    scripts = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("network.js", "changes.js"))
    page.add_script_tag(content=scripts)
    weights = base64.b64encode((loading.WEIGHTS_FOLDER / f"{model.name}.safetensors").read_bytes()).decode()
    page.evaluate(
        """(encoded) => {
            const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0)).buffer;
            window.tensors = readTensors(bytes);
        }""",
        weights,
    )


def compare(page: Page, model: LoadedModel, greys: Tensor, change: str) -> tuple[dict, list[float]]:
    """Return the browser's answer to ``greys`` (1, 1, 224, 224) after ``change``, and PyTorch's logits for it."""
    encoded = base64.b64encode(greys.numpy().astype("<f4").tobytes()).decode()
    answer = page.evaluate(ASK, {"encoded": encoded, "change": change})
    film = np.frombuffer(base64.b64decode(answer["film"]), "<f4").reshape(1, 1, 224, 224)
    with torch.inference_mode():
        logits = model.module(standardise(resample(torch.from_numpy(film.copy()), 128)))[0].tolist()
    return answer, logits
