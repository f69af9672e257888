"""The broken network clinic: every patient is plainly ill on three seeds, and plainly better with its cure."""

import inspect

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from d2lmini import ShapeError, clinic
from d2lmini.clinic import PATIENTS, chart, last, patient, running, sick, treated
from d2lmini.grading import bank
from d2lmini.grading.exercise import misread

SEEDS = (0, 1, 2)


def reference(letter):
    return bank.load()[f"clinic_{letter}"][patient(letter).part.__name__].reference


def ill(letter):
    return [treated(letter, seed=seed) for seed in SEEDS]


def cured(letter):
    return [treated(letter, reference(letter), seed) for seed in SEEDS]


def at_end(courses, name):
    """The value of a curve at the end, of each seed."""
    return np.array([last(course, name) for course in courses])


def first(courses):
    return np.array([course["training loss"][1][0] for course in courses])


def test_clinic_has_eight_patients_each_with_a_set_and_a_cure_of_the_same_arguments():
    assert list(PATIENTS) == list("abcdefgh")
    for letter, one in PATIENTS.items():
        assert list(inspect.signature(reference(letter)).parameters) == list(inspect.signature(one.part).parameters)
        assert one.letter == letter and one.name and one.complaint and len(one.seen) > 60


def test_patient_a_has_a_floor_under_its_loss():
    sick, well = ill("a"), cured("a")
    assert np.all(abs(first(sick) - np.log(10)) < 0.05)
    assert min(min(course["training loss"][1]) for course in sick) > np.log(np.e + 9) - 1  # scores between 0 and 1
    assert at_end(sick, "training loss").min() > 1.5 and at_end(sick, "test accuracy").min() > 0.6
    assert at_end(well, "training loss").max() < 0.6


def test_patient_b_answers_the_same_question_in_two_ways():
    sick, well = ill("b"), cured("b")
    names = "test accuracy, asked once", "test accuracy, asked again"
    differs = [course[names[0]][1] != course[names[1]][1] for course in sick]
    assert all(differs) and at_end(sick, names[0]).max() < at_end(sick, "training accuracy").min() - 0.1
    assert all(course[names[0]] == course[names[1]] for course in well)
    assert np.all(at_end(well, names[0]) > at_end(sick, names[0]) + 0.1)


def test_patient_c_learns_nothing_until_its_input_has_spread():
    sick, well = ill("c"), cured("c")
    assert all(abs(np.array(course["training loss"][1]) - np.log(5)).max() < 0.1 for course in sick)
    assert at_end(sick, "test accuracy").max() < 0.35 and at_end(well, "test accuracy").min() > 0.75


def test_patient_d_knows_the_training_data_and_nothing_else():
    sick, well = ill("d"), cured("d")
    assert at_end(sick, "training accuracy").min() > 0.95 and at_end(sick, "test accuracy").max() < 0.2
    assert at_end(well, "test accuracy").min() > 0.6


def test_patient_e_learns_slowly_and_little():
    sick, well = ill("e"), cured("e")
    assert at_end(sick, "training loss").min() > 1.0 and at_end(sick, "test accuracy").max() < 0.5
    assert at_end(well, "test accuracy").min() > 0.75


def test_patient_f_is_better_on_its_test_set_than_on_anything_new():
    sick, well = ill("f"), cured("f")
    gap = [at_end(c, "test accuracy") - at_end(c, "accuracy on new letters") for c in (sick, well)]
    assert gap[0].min() > 0.15 and gap[1].max() < 0.1 and (gap[0] - gap[1]).min() > 0.15
    assert at_end(sick, "test accuracy").min() > 0.93


def test_patient_g_has_only_silent_units():
    sick, well = ill("g"), cured("g")
    assert at_end(sick, "silent units").min() == 1.0 and at_end(sick, "test accuracy").max() < 0.2
    assert at_end(well, "silent units").max() < 0.5 and at_end(well, "test accuracy").min() > 0.75


def test_patient_h_differs_between_its_two_modes():
    sick, well = ill("h"), cured("h")
    names = "test accuracy, training mode", "test accuracy, evaluation mode"
    assert (at_end(sick, names[0]) - at_end(sick, names[1])).min() > 0.12
    assert all(course[names[0]][1] == course[names[1]][1] for course in well)
    assert (at_end(well, names[1]) - at_end(sick, names[1])).min() > 0.1


def test_differentiated_loss_has_the_gradient_of_torch():
    scores = torch.from_numpy(np.random.default_rng(0).standard_normal((6, 4))).requires_grad_()
    labels = torch.tensor([0, 3, 1, 1, 2, 0])
    value = clinic.Differentiated.apply(scores, labels, reference("a"))
    (mine,) = torch.autograd.grad(value, scores)
    expected = F.cross_entropy(scores, labels)
    (slope,) = torch.autograd.grad(expected, scores)
    np.testing.assert_allclose(value.item(), expected.item(), rtol=1e-12)
    np.testing.assert_allclose(mine.numpy(), slope.numpy(), atol=1e-7, strict=True)


def test_differentiated_loss_of_another_shape_says_what_is_needed():
    with pytest.raises(ShapeError, match=r"the loss has shape \(\); needed: one loss an image, \(2,\); try: no mean"):
        clinic.Differentiated.apply(torch.zeros(2, 3), torch.tensor([0, 1]), lambda scores, labels: scores.mean())


def test_treated_gives_the_same_curves_each_time():
    again = treated("d", PATIENTS["d"].part, 1)
    state = torch.get_rng_state()
    assert again == treated("d", seed=1) and again != treated("d", seed=0)
    assert torch.equal(torch.get_rng_state(), state)


def test_running_is_the_mean_of_the_last_twentieth():
    values = np.random.default_rng(0).random(60)
    at, smooth = running(range(60), values)
    expected = np.array([values[i - 2 : i + 1].mean() for i in range(2, 60)])
    np.testing.assert_allclose(smooth, expected, rtol=1e-12, strict=True)
    assert at.tolist() == list(range(2, 60))


def test_chart_draws_both_courses_and_says_how_they_end():
    alone, both = chart("d"), chart("d", reference("d"))
    assert alone.alt == f"Patient d. {patient('d').seen}"
    assert "With the cure, bold: training loss ends at 0.0" in both.alt
    assert alone.caption == patient("d").complaint
    assert len(both.svg) > len(alone.svg) and "test accuracy" in both.svg


def test_chart_of_a_cure_that_is_not_written_shows_the_patient(capsys):
    def later(images, labels, order):
        raise NotImplementedError("not done yet")

    assert chart("d", later).alt == chart("d").alt
    assert capsys.readouterr().out.startswith("The cure is not written yet")


def test_sick_prints_the_faulty_step(capsys):
    sick("g")
    assert capsys.readouterr().out == inspect.getsource(clinic.first_weights)


def test_patient_unknown_says_which_there_are():
    with pytest.raises(ShapeError, match=r"patient 'z'; needed: one of a, b, c, d, e, f, g, h; try: chart"):
        patient("z")


@pytest.mark.parametrize("letter", PATIENTS)
def test_faulty_step_is_known_to_the_bank_as_a_misconception(letter):
    """A student who hands the patient's own code in is told so."""
    exercise = bank.load()[f"clinic_{letter}"][patient(letter).part.__name__]
    assert exercise.wrong[0].name == "as_it_came"


def test_misread_has_a_hint_for_every_pair_of_letters_but_the_right_one():
    wrong = misread("BD", {"A": "not A.", "C": "not C."})
    assert [(m.wrong, m.name, m.hint) for m in wrong] == [
        ("AC", "AC", "not A. not C."), ("AD", "AD", "not A."), ("BC", "BC", "not C."),
    ]  # fmt: skip
