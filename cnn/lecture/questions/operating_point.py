"""A question on what a threshold does to a thousand people."""

from cnn.evaluation.operating_point import COHORT_SIZE, Cohort, Rates
from cnn.lecture.questions.question import Question, build_question


def ask_ppv(people: Cohort, rates: Rates) -> Question:
    """Ask for the PPV in whole percents, from the other numbers."""
    positive = people.true_positives + people.false_positives
    sick = people.true_positives + people.false_negatives
    healthy = COHORT_SIZE - sick
    ppv = people.true_positives / positive
    return build_question(
        f"Of {COHORT_SIZE:,} people, {sick} have pneumonia. {people.true_positives} of them are called (sensitivity "
        f"{rates.sensitivity.value:.0%}), and {people.true_negatives} of the {healthy} others are not (specificity "
        f"{rates.specificity.value:.0%}). In how many of 100 calls is it true? Round to a whole number.",
        round(100 * ppv),
        f"{people.true_positives} of the {sick} are called, and so are {people.false_positives} of the {healthy} "
        f"others: {people.true_positives}/({people.true_positives} + {people.false_positives}) = {ppv:.0%}.",
        "Count people: how many of the sick are called, how many of the healthy are, and which share of both is sick?",
        [
            (round(100 * rates.sensitivity.value), "That is the sensitivity: it counts among those who have it."),
            (
                round(100 * rates.specificity.value),
                "That is the specificity: it counts among those who do not have it.",
            ),
            (
                round(100 * rates.accuracy.value),
                "That is the accuracy: it counts right calls of both kinds, among all.",
            ),
            (100 * positive // COHORT_SIZE, "That is the share that is called PNEUMONIA, rightly or not."),
            (round(100 * people.false_positives / positive), "Those are the false ones among the calls."),
        ],
    )
