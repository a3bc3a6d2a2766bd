"""Results of the saliency benchmark in sentences, computed from a report; Markdown."""

from collections.abc import Callable, Iterable

from cnn.attribution.attribution import CHANGES
from cnn.cards import network_title
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.saliency_report import (
    BASELINES,
    CURVES,
    PUBLISHED_AUPRC,
    PUBLISHED_DETECTOR_AUPRC,
    TAUGHT_WITH_BOXES,
    TEST_COUNT,
    UNINFORMED_BASELINES,
    Report,
    Verdicts,
)


def listed(names: Iterable[str], none: str = "no method") -> str:
    """Join names as in a sentence: "a, b and c"."""
    *rest, last = list(names) or [none]
    return f"{', '.join(rest)} and {last}" if rest else last


def headline(report: Report) -> tuple[str, str]:
    """Name the method that passes the most tests; and compare it, in a second text, with the lung prior."""
    most, first = _first(report)
    best, titles = first[0], listed(report.titles[name] for name in first)
    gain, pointing = (report.gain("rsna", best, "anatomy", measure) for measure in ("auprc", "pointing"))
    chance = "beyond chance" if pointing.above_zero else "which may be chance"
    taught = (
        " However, its feature maps were trained with radiologists' boxes of other patients, which favours it."
        if best in TAUGHT_WITH_BOXES
        else ""
    )
    return (
        f"**{titles} pass{'es' if len(first) == 1 else ''} {most} of {TEST_COUNT} tests, more than any other of "
        f"the {len(report.titles)} methods.**",
        f"{report.titles[best]} {_beside_prior(gain)}. Its maximum lies in a box more often than that of the "
        f"lung prior by {pointing}, {chance}.{taught}",
    )


def _first(report: Report) -> tuple[int, list[str]]:
    """Return how many tests the best methods pass, and their names."""
    passed = {name: report.verdicts(name).passed for name in report.titles}
    most = max(passed.values())
    return most, [name for name, count in passed.items() if count == most]


def _beside_prior(gain: Estimate) -> str:
    return (
        f"ranks pixels {'better' if gain.value > 0 else 'no better'} than a fixed map of where lungs usually are (the "
        f"lung prior): AUPRC (area under the precision–recall curve) minus that of the prior is {gain}"
    )


def localisation(report: Report, source: str, measure: str) -> str:
    """State which methods exceed the baselines on one set of boxes."""
    titles = report.titles
    scores = {name: report.localisation(source, name, measure) for name in titles}
    above_uninformed = [titles[name] for name in titles if report.exceeds(source, name, measure, UNINFORMED_BASELINES)]
    above_all = [titles[name] for name in titles if report.exceeds(source, name, measure, tuple(BASELINES))]
    best = max(titles, key=lambda name: scores[name].value)
    sentences = [
        f"**Above random, centre and edges on the same films: {listed(above_uninformed)}.** "
        f"**Above the lung prior too: {listed(above_all)}.**",
        f"The best method, {titles[best]}, reaches {scores[best]}; the lung prior, which does not depend on the film, "
        f"reaches {report.localisation(source, 'anatomy', measure)}.",
    ]
    if source == "rsna" and measure == "auprc":
        sentences.append(_beside_published(report))
    without_evidence = {titles[name]: report.films_without_evidence(name) for name in titles}
    if any(without_evidence.values()):
        films = listed(f"{title} on {count} films" for title, count in without_evidence.items() if count)
        sentences.append(
            "Some maps have no positive value for PNEUMONIA; their largest value is used all the same: "
            f"{films}, RSNA and NIH together."
        )
    return " ".join(sentences)


def _beside_published(report: Report) -> str:
    """Compare methods with published ones: those that draw maps taught with boxes, with a network taught boxes."""
    titles = report.titles
    scores = {name: report.localisation("rsna", name, "auprc") for name in titles}
    low, high = PUBLISHED_AUPRC
    untaught = [scores[name].value for name in titles if name not in TAUGHT_WITH_BOXES]
    above, below = sum(value > high for value in untaught), sum(value < low for value in untaught)
    parts = [
        f"In Arun et al. (2021), eight methods on a network trained on labels only reached {low:.3f} to {high:.3f} on "
        f"RSNA pneumonia; of the {len(untaught)} methods here that do not use feature maps trained with boxes, "
        f"{len(untaught) - above - below} lie in that range, {above} above it and {below} below."
    ]
    taught = [
        f"{titles[name]}, {scores[name]}, {_beside_detector(scores[name])}"
        for name in TAUGHT_WITH_BOXES
        if name in titles
    ]
    if taught:
        parts.append(
            "In training, this network was also shown boxes that radiologists drew around opacities of other patients "
            "(see Model card). Methods that draw them are to be compared with a network that was taught boxes, "
            f"RetinaNet in the same paper, {PUBLISHED_DETECTOR_AUPRC:.3f}: {'; '.join(taught)}."
        )
    return " ".join(parts)


def _beside_detector(score: Estimate) -> str:
    if score.low <= PUBLISHED_DETECTOR_AUPRC <= score.high:
        return "is level with it"
    return f"is {'above' if score.low > PUBLISHED_DETECTOR_AUPRC else 'below'} it"


def randomisation(report: Report) -> str:
    """State which methods pass the model-randomisation test."""
    by_verdict = {
        words: listed(
            (title for name, title in report.titles.items() if report.verdicts(name).depends_on_weights is verdict),
            "none",
        )
        for verdict, words in ((verdict, CHANGES[verdict].capitalize()) for verdict in (True, None, False))
    }
    return (
        f"**{' '.join(f'{words}: {titles}.' for words, titles in by_verdict.items())}** A map does not change if with "
        "all weights random it is more similar to the trained one than the maps of two different films are to each "
        "other, by either measure: it then shows the film, whatever the network has learned. It changes if it is less "
        "similar by both. That is the rule of Arun et al. (2021), pixel by pixel, and also that of the check on the "
        "chest X-ray page, which compares one film with a few others."
    )


def repeatability(report: Report) -> str:
    """State which methods give similar maps for networks of several seeds."""
    if not report.has_several_seeds:
        return "Only one seed was tested, so there is nothing to compare."
    titles = report.titles
    mean = {name: report.similarity("repeatability", name, "between_seeds", "rank").value for name in titles}
    highest, lowest = max(mean, key=mean.__getitem__), min(mean, key=mean.__getitem__)
    return (
        f"{_passed_and_failed(report, lambda verdicts: verdicts.repeatable)} A method passes if the maps of one film "
        "from two trainings are more similar than the maps of two films from one training, by both measures. This is a "
        f"weak requirement: the rank correlation between trainings ranges from {mean[lowest]:.2f} ({titles[lowest]}) "
        f"to {mean[highest]:.2f} ({titles[highest]}), where 1 would be the same map."
    )


def deletion(report: Report) -> str:
    """State which methods order pixels better than at random."""
    baselines = [
        title
        for name, title in BASELINES.items()
        if name != "random" and all(report.gain_over_random(name, curve).above_zero for curve in CURVES)
    ]
    return (
        f"**Better than a random order on all four curves: {_passed(report, lambda verdicts: verdicts.faithful)}.** "
        f"Of the baselines, {listed(baselines, 'none')}. The curves test whether the network uses these squares, not "
        "whether the disease is there, and what fills the deleted squares matters as much as the order. A method that "
        "passes on one film, as on the page Read a chest X-ray, can fail here over all films."
    )


def cost(report: Report) -> str:
    """State the range of costs."""
    times = {title: report.cost(name)[1] for name, title in report.titles.items()}
    slowest, fastest = max(times, key=times.__getitem__), min(times, key=times.__getitem__)
    return (
        f"A map by {fastest} took as long as {times[fastest]:.1f} forward passes, one by {slowest} as long as "
        f"{times[slowest]:.0f}. A forward and backward pass counts once; how much longer it takes depends on how many "
        "layers go backward."
    )


def lesion(report: Report) -> str:
    """State which methods find the simulated lesion."""
    auprc = {name: report.lesion_scores(name)["auprc"] for name in report.titles}
    best = max(auprc, key=auprc.__getitem__)
    prior = report.lesion_scores("anatomy")
    return (
        "**The maximum of the map lies in the simulated lesion for "
        f"{_passed(report, lambda verdicts: verdicts.finds_lesion)}.** The best order of pixels is that of "
        f"{report.titles[best]}, AUPRC {auprc[best]:.2f}; the lung prior has {prior['auprc']:.2f} and "
        f"{'hits' if prior['pointing'] == 1 else 'misses'} it. It is one film: an example, not a statistic."
    )


def lesion_caption(report: Report, name: str) -> str:
    """State in a few words whether a map finds the simulated lesion."""
    scores = report.lesion_scores(name)
    return f"maximum {'in the lesion' if scores['pointing'] == 1 else 'elsewhere'}; AUPRC {scores['auprc']:.2f}"


def conclusion(report: Report) -> str:
    """Summarise all tests."""
    most, first = _first(report)
    best = [report.titles[name] for name in first]
    summary = (
        f"Passing every test: {listed(best)}."
        if most == TEST_COUNT
        else f"No method passes every test, as none of eight did in Arun et al. (2021); {listed(best)} "
        f"pass{'es' if len(best) == 1 else ''} the most, {most} of {TEST_COUNT}."
    )
    above = _passed(report, lambda verdicts: verdicts.beats_uninformed and verdicts.beats_lung_prior)
    films = [report.films_tested("randomisation", name) for name in report.titles]
    failing = [title for name, title in report.titles.items() if report.verdicts(name).depends_on_weights is False]
    return "\n\n".join(
        [
            f"Better than all four baselines on the same RSNA films (interval of the difference above 0): {above}.",
            f"Failing the model-randomisation test: {listed(failing, 'none')}.",
            summary,
            "With so many methods, measures and baselines, about 2 to 3 % of the comparisons are passed by chance, "
            f"and where only {min(films)} films were tested (random weights), the intervals are rough.",
        ]
    )


def provenance(report: Report) -> str:
    """State where the numbers come from."""
    settings = report.settings
    seeds, limit = len(settings["seeds"]), settings["films_limited_to"]
    trial = f" **A trial run on {limit} films of each kind and seed: not results.**" if limit is not None else ""
    return (
        f"All numbers are of {network_title(report.network)}, class PNEUMONIA, and were written by `python -m "
        f"cnn.training.saliency_bench` ({seeds} seed{'s' if seeds > 1 else ''}, {settings['bootstrap_draws']:,} "
        f"bootstrap resamples of patients). Methods that need more than {settings['costly_passes']} passes through the "
        "network for a film were tested for randomisation and repeatability on half as many films as other methods."
        f"{trial}"
    )


def _passed(report: Report, test: Callable[[Verdicts], bool | None]) -> str:
    return listed(title for name, title in report.titles.items() if test(report.verdicts(name)))


def _passed_and_failed(report: Report, test: Callable[[Verdicts], bool | None]) -> str:
    failed = [title for name, title in report.titles.items() if not test(report.verdicts(name))]
    return f"**Pass: {_passed(report, test)}. Fail: {listed(failed, 'none')}.**"
