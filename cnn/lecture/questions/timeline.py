"""Questions on the lecture's timeline."""

from cnn.lecture.questions.question import Question, build_question
from cnn.lecture.timeline import TIMELINE


def ask_year(seed: int) -> Question:
    """Ask in which year one of the lecture's milestones was reached; ``seed`` picks it."""
    milestones = [milestone for milestone in TIMELINE if milestone.question_stem]
    milestone = milestones[seed % len(milestones)]
    return build_question(
        f"In which year {milestone.question_stem}?",
        milestone.year,
        f"{milestone.name}: {milestone.year}.",
        "Look at what came before it and what after.",
        [(other.year, f"That is the year of {other.name}.") for other in milestones if other is not milestone],
    )
