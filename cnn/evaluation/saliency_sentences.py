"""The results of the method bench in sentences, each of which follows from the numbers."""

from collections.abc import Iterable

from cnn.evaluation.saliency_report import BASELINES, CURVES, PUBLISHED_AUPRC, UNINFORMED_BASELINES, Report


def listed(names: Iterable[str], none: str = "no method") -> str:
    """Names as in a sentence: "a, b and c"."""
    *rest, last = names if (names := list(names)) else [none]
    return f"{', '.join(rest)} and {last}" if rest else last


def localisation(report: Report, source: str, measure: str) -> str:
    """Which methods beat the controls on one set of boxes, by one measure."""
    titles = report.titles
    blind = [titles[name] for name in titles if report.beats(source, name, measure, UNINFORMED_BASELINES)]
    better = [titles[name] for name in titles if report.beats(source, name, measure, tuple(BASELINES))]
    best = report.best(source, measure)
    anatomy = report.score(source, "anatomy", measure)
    said = [
        f"**Above random, centre and edges on the same films: {listed(blind)}.** "
        f"**Above the lung blobs too: {listed(better)}.**",
        f"The best method, {titles[best]}, reaches {report.score(source, best, measure)}; two blobs that have never "
        f"seen the film reach {anatomy}.",
    ]
    if source == "rsna" and measure == "auprc":
        low, high = PUBLISHED_AUPRC
        inside = sum(low <= report.score(source, name, measure).mean <= high for name in titles)
        over = sum(report.score(source, name, measure).mean > high for name in titles)
        said.append(
            f"In Arun et al. (2021), eight methods on another network reached {low:.3f} to {high:.3f} on RSNA "
            f"pneumonia; {inside} of these {len(titles)} lie in that range, {over} above it and "
            f"{len(titles) - inside - over} below."
        )
    empty = {titles[name]: count for name in titles if (count := report.nothing_for_it(name))}
    if empty:
        said.append(
            "Some maps hold nothing for PNEUMONIA, and their least negative point is taken: "
            f"{listed(f'{name} on {count} films' for name, count in empty.items())}, RSNA and NIH together."
        )
    return " ".join(said)


def randomisation(report: Report) -> str:
    """Which methods notice that the network has forgotten everything."""
    found = {name: report.verdicts(name).forgets for name in report.titles}
    good = [report.titles[name] for name, passed in found.items() if passed]
    bad = [report.titles[name] for name, passed in found.items() if not passed]
    return (
        f"**Pass: {listed(good)}. Fail: {listed(bad, 'none')}.** A method fails if its map with all weights random is "
        "more like the trained one than the maps of two different films are like each other, by either measure: "
        "what it draws is then partly the film, whatever the network has learnt."
    )


def repeatability(report: Report) -> str:
    """Which methods give much the same map for networks of several seeds."""
    if not report.seeds_compared:
        return "Only one seed was tested, so there is nothing to compare."
    good = [report.titles[name] for name in report.titles if report.verdicts(name).repeats]
    bad = [report.titles[name] for name in report.titles if not report.verdicts(name).repeats]
    mean = {name: report.likeness("repeatability", name, "between_seeds", "rank").mean for name in report.titles}
    most, least = max(mean, key=lambda name: mean[name]), min(mean, key=lambda name: mean[name])
    return (
        f"**Pass: {listed(good)}. Fail: {listed(bad, 'none')}.** A method passes if one film's maps from two trainings "
        "are more alike than two films' maps from one training, by both measures. That is little to ask: the rank "
        f"correlation between trainings runs from {mean[least]:.2f} ({report.titles[least]}) to {mean[most]:.2f} "
        f"({report.titles[most]}), where 1 would be the same map."
    )


def deletion(report: Report) -> str:
    """Which orders move the probability faster than a random one."""
    every = [report.titles[name] for name in report.titles if report.verdicts(name).faithful]
    blind = [
        words
        for name, words in BASELINES.items()
        if name != "random" and all(report.better_than_random(name, curve).side == "above" for curve in CURVES)
    ]
    return (
        f"**Better than a random order on all four curves: {listed(every)}.** Of the controls, "
        f"{listed(blind, 'none')}. The curves ask whether the network uses these squares, not whether the "
        "disease is there, and what fills the deleted squares matters as much as the order."
    )


def cost(report: Report) -> str:
    """The spread of costs."""
    times = {name: report.cost(name)[1] for name in report.titles}
    slowest, quickest = max(times, key=lambda name: times[name]), min(times, key=lambda name: times[name])
    return (
        f"A map by {report.titles[quickest]} took as long as {times[quickest]:.1f} forward passes, one by "
        f"{report.titles[slowest]} as long as {times[slowest]:.0f}. A pass that also goes backward counts once but "
        "takes two to three times as long."
    )


def planted(report: Report) -> str:
    """Which methods find the lesion that was planted."""
    found = [report.titles[name] for name in report.titles if report.verdicts(name).finds]
    blobs = "would have hit it too" if report.planted("anatomy")["pointing"] == 1 else "miss it"
    best = max(report.titles, key=lambda name: report.planted(name)["auprc"])
    return (
        f"**The strongest point lies in the planted lesion for {listed(found)}.** The best order of pixels is that of "
        f"{report.titles[best]}, AUPRC {report.planted(best)['auprc']:.2f}; the lung blobs, which have "
        f"{report.planted('anatomy')['auprc']:.2f}, {blobs}. It is one film: an example, not a statistic."
    )


def conclusion(report: Report) -> str:
    """What follows from all tests together."""
    titles = report.titles
    tests = {name: report.verdicts(name) for name in titles}
    clear = [titles[name] for name in titles if report.apart("rsna", name, "auprc", tuple(BASELINES))]
    beats = [titles[name] for name, found in tests.items() if found.beats_blind and found.beats_anatomy]
    forgetful = [titles[name] for name, found in tests.items() if not found.forgets]
    whole = [titles[name] for name, found in tests.items() if not found.failed()]
    fewest = min(found.failed() for found in tests.values())
    nearest = [titles[name] for name, found in tests.items() if found.failed() == fewest]
    said = [
        f"On the RSNA boxes, above all four controls on the same films: {listed(beats)}; with intervals that do not "
        f"even touch: {listed(clear)}.",
        f"Failing the test of random weights: {listed(forgetful, 'none')}.",
        f"Passing every test: {listed(whole)}."
        if whole
        else f"No method passes every test, as none of eight did in Arun et al. (2021); {listed(nearest)} "
        f"fail{'s' if len(nearest) == 1 else ''} the fewest, {fewest}.",
        "A coloured cloud over a film is a question to ask of the network, not an answer about the patient.",
    ]
    return "\n\n".join(said)


def hit(report: Report, name: str) -> str:
    """Whether a map's strongest point lies in the planted lesion, in a few words."""
    where = "in the lesion" if report.planted(name)["pointing"] == 1 else "elsewhere"
    return f"strongest {where}; AUPRC {report.planted(name)['auprc']:.2f}"


def provenance(report: Report) -> str:
    """Where the numbers come from."""
    how = report.how
    seeds = how["seeds"]
    limited = "" if how["films_limited_to"] is None else (
        f" **A trial run on {how['films_limited_to']} films of each kind and seed: not results.**"
    )  # fmt: skip
    return (
        f"All numbers are of the network `{report.network}`, class PNEUMONIA, and were written by `python -m "
        f"cnn.training.saliency_bench` ({len(seeds)} seed{'s' if len(seeds) > 1 else ''}, {how['bootstrap_draws']:,} "
        f"bootstrap draws of "
        f"patients). Methods of more than {how['costly_passes']} passes took the tests of random weights and of seeds "
        f"on half as many films as the others.{limited}"
    )
