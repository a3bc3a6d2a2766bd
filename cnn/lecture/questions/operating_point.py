"""Ask what a threshold does to a thousand people."""

from cnn.evaluation.operating_point import PEOPLE, People, Rates
from cnn.lecture.questions import Question


def question(people: People, found: Rates) -> Question:
    """Asks for the PPV in whole percents, from the other numbers."""
    called = people.hits + people.alarms
    answer = round(100 * people.hits / called)
    sick = people.hits + people.misses
    slips = {
        round(100 * found.sensitivity.value): "That is the sensitivity: it counts among those who have it.",
        round(100 * found.specificity.value): "That is the specificity: it counts among those who do not have it.",
        round(100 * found.accuracy.value): "That is the accuracy: it counts right calls of both kinds, among all.",
        100 * called // PEOPLE: "That is the share that is called PNEUMONIA, rightly or not.",
        round(100 * people.alarms / called): "Those are the false ones among the calls.",
    }
    return Question(
        f"Of {PEOPLE:,} people, {sick} have pneumonia. {people.hits} of them are called (sensitivity "
        f"{found.sensitivity.value:.0%}), and {people.cleared} of the {PEOPLE - sick} others are not (specificity "
        f"{found.specificity.value:.0%}). In how many of 100 calls is it true? Round to a whole number.",
        answer,
        f"{people.hits} of the {sick} are called, and so are {people.alarms} of the {PEOPLE - sick} others: "
        f"{people.hits}/({people.hits} + {people.alarms}) = {people.hits / called:.0%}.",
        "Count people: how many of the sick are called, how many of the healthy are, and which share of both is sick?",
        {value: slip for value, slip in slips.items() if value != answer},
    )
