"""Ask what a threshold does to a thousand people."""

from cnn.evaluation.operating_point import COHORT_SIZE, Cohort, Rates
from cnn.lecture.questions.question import Question


def ask_ppv(people: Cohort, found: Rates) -> Question:
    """Asks for the PPV in whole percents, from the other numbers."""
    called = people.true_positives + people.false_positives
    answer = round(100 * people.true_positives / called)
    sick = people.true_positives + people.false_negatives
    slips = {
        round(100 * found.sensitivity.value): "That is the sensitivity: it counts among those who have it.",
        round(100 * found.specificity.value): "That is the specificity: it counts among those who do not have it.",
        round(100 * found.accuracy.value): "That is the accuracy: it counts right calls of both kinds, among all.",
        100 * called // COHORT_SIZE: "That is the share that is called PNEUMONIA, rightly or not.",
        round(100 * people.false_positives / called): "Those are the false ones among the calls.",
    }
    return Question(
        f"Of {COHORT_SIZE:,} people, {sick} have pneumonia. {people.true_positives} of them are called (sensitivity "
        f"{found.sensitivity.value:.0%}), and {people.true_negatives} of the {COHORT_SIZE - sick} others are not (specificity "
        f"{found.specificity.value:.0%}). In how many of 100 calls is it true? Round to a whole number.",
        answer,
        f"{people.true_positives} of the {sick} are called, and so are {people.false_positives} of the {COHORT_SIZE - sick} others: "
        f"{people.true_positives}/({people.true_positives} + {people.false_positives}) = {people.true_positives / called:.0%}.",
        "Count people: how many of the sick are called, how many of the healthy are, and which share of both is sick?",
        {value: slip for value, slip in slips.items() if value != answer},
    )
