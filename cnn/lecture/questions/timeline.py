"""Questions on the lecture's timeline."""

from cnn.lecture.questions.question import Question, build_question
from cnn.lecture.timeline import TIMELINE


def ask_year(seed: int) -> Question:
    """When one of the lecture's milestones was reached; ``seed`` picks it."""
    datable = [milestone for milestone in TIMELINE if milestone.deed]
    asked = datable[seed % len(datable)]
    return build_question(
        f"In which year {asked.deed}?",
        asked.year,
        f"{asked.name}: {asked.year}.",
        "Look at what came before it and what after.",
        [(other.year, f"That is the year of {other.name}.") for other in datable if other is not asked],
    )
