"""The question on the PPV recognises the usual mix-ups."""

from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import Rates, expected_cohort
from cnn.lecture.questions.operating_point import ask_ppv


def test_the_sensitivity_is_recognised_as_a_mix_up() -> None:
    sensitivity, specificity, ppv, npv, accuracy = (Estimate(value, 0, 1) for value in (0.9, 0.8, 0.19, 0.99, 0.81))
    rates = Rates(sensitivity, specificity, ppv, npv, accuracy)
    cohort = expected_cohort(rates, 0.05)
    question = ask_ppv(cohort, rates)
    assert question.answer == round(100 * cohort.true_positives / cohort.positive_predictions)
    assert question.check(question.answer)[0]
    correct, comment = question.check(90)
    assert not correct
    assert "sensitivity" in comment
