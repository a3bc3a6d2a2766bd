"""A question on what a threshold does to a thousand people."""

from cnn.evaluation.operating_point import COHORT_SIZE, Cohort, Rates
from cnn.lecture.questions.question import Question, build_question
from cnn.text import percent


def ask_ppv(people: Cohort, rates: Rates) -> Question:
    """Ask for the PPV in whole percents, from the other numbers."""
    positive = people.true_positives + people.false_positives
    sick = people.true_positives + people.false_negatives
    healthy = COHORT_SIZE - sick
    ppv = people.true_positives / positive
    return build_question(
        f"Of {COHORT_SIZE:,} people, {sick} have pneumonia. For {people.true_positives} of them the prediction is "
        f"positive (sensitivity {percent(rates.sensitivity.value)}), and for {people.true_negatives} of the {healthy} "
        f"others it is negative (specificity {percent(rates.specificity.value)}). How many of 100 positive "
        "predictions are true? Round to a whole number.",
        round(100 * ppv),
        f"Positive are {people.true_positives} of the {sick}, and {people.false_positives} of the {healthy} others: "
        f"{people.true_positives}/({people.true_positives} + {people.false_positives}) = {percent(ppv)}.",
        "Count people: how many of the sick are predicted positive, how many of the healthy, and which share of both "
        "is sick?",
        [
            (round(100 * rates.sensitivity.value), "That is the sensitivity: it counts among those who have it."),
            (
                round(100 * rates.specificity.value),
                "That is the specificity: it counts among those who do not have it.",
            ),
            (
                round(100 * rates.accuracy.value),
                "That is the accuracy: it counts right predictions of both kinds, among all.",
            ),
            (100 * positive // COHORT_SIZE, "That is the share that is predicted PNEUMONIA, rightly or not."),
            (
                round(100 * people.false_positives / positive),
                "Those are the false ones among the positive predictions.",
            ),
        ],
    )
