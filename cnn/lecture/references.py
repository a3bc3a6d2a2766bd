"""Where the lecture's figures and this course's formulas can be read up (slide 46)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A book or course; ``where`` names the part that is closest to this course."""

    authors: str
    title: str
    published: str
    where: str
    address: str


REFERENCES = (
    Reference(
        "A. Zhang, Z. C. Lipton, M. Li, A. J. Smola", "Dive into Deep Learning", "Cambridge University Press, 2023",
        "chapters 7 and 8 are on convolutional networks, with code to run", "https://d2l.ai",
    ),
    Reference(
        "S. Russell, P. Norvig", "Artificial Intelligence: A Modern Approach", "4th edition, Pearson, 2020",
        "chapter 21 is on deep learning, and the rest on all that is not", "https://aima.cs.berkeley.edu",
    ),
    Reference(
        "I. Goodfellow, Y. Bengio, A. Courville", "Deep Learning", "MIT Press, 2016",
        "chapter 9 is on convolutional networks", "https://www.deeplearningbook.org",
    ),
    Reference(
        "Stanford University", "CS231n: Deep Learning for Computer Vision", "course notes",
        "many figures of the lecture come from its notes on convolutional networks", "https://cs231n.github.io",
    ),
    Reference(
        "A. P. Tafti", "Deep Learning Foundation & Application with a focus on Medical Informatics", "workshop, 2019",
        "the lecture that this course follows", "",
    ),
)  # fmt: skip
