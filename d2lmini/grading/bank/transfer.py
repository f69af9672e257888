"""Answers and misconceptions of the set `transfer`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- trainable_count(shapes, but) ---------------------------------------------------------------------------


def numbers(shapes, belongs):
    return sum(int(np.prod(shape)) for name, shape in shapes.items() if belongs(name))


def is_part(name, but):
    return any(name == part or name.startswith(f"{part}.") for part in but)


def trainable_count(shapes, but):
    return numbers(shapes, lambda name: is_part(name, but))


def counts_the_frozen(shapes, but):
    return numbers(shapes, lambda name: not is_part(name, but))


def counts_everything(shapes, but):
    return numbers(shapes, lambda name: True)


def begins_without_dot(shapes, but):
    return numbers(shapes, lambda name: any(name.startswith(part) for part in but))


def anywhere_in_the_name(shapes, but):
    return numbers(shapes, lambda name: any(part in name for part in but))


def whole_names_only(shapes, but):
    return numbers(shapes, lambda name: name in but)


def first_word_only(shapes, but):
    return numbers(shapes, lambda name: name.split(".")[0] in but)


def counts_arrays(shapes, but):
    return sum(is_part(name, but) for name in shapes)


def forgets_biases(shapes, but):
    return numbers(shapes, lambda name: is_part(name, but) and not name.endswith("bias"))


def counts_twice(shapes, but):
    return sum(numbers(shapes, lambda name, part=part: is_part(name, [part])) for part in but)


def adds_the_sides(shapes, but):
    return sum(sum(shape) for name, shape in shapes.items() if is_part(name, but))


# --- frozen_step(params, grads, rates) ----------------------------------------------------------------------


def frozen_step(params, grads, rates):
    return {name: value - rates.get(name.split(".")[0], 0.0) * grads[name] for name, value in params.items()}


def step_uphill(params, grads, rates):
    return {name: value + rates.get(name.split(".")[0], 0.0) * grads[name] for name, value in params.items()}


def step_with_one_rate(params, grads, rates):
    rate = max(rates.values())
    return {name: value - rate * (name.split(".")[0] in rates) * grads[name] for name, value in params.items()}


def step_everywhere(params, grads, rates):
    rate = max(rates.values())
    return {name: value - rates.get(name.split(".")[0], rate) * grads[name] for name, value in params.items()}


def step_leaves_out_frozen(params, grads, rates):
    moved = frozen_step(params, grads, rates)
    return {name: value for name, value in moved.items() if name.split(".")[0] in rates}


def step_freezes_the_named(params, grads, rates):
    rate = max(rates.values())
    return {name: value - rate * (name.split(".")[0] not in rates) * grads[name] for name, value in params.items()}


def step_gives_zeros_for_frozen(params, grads, rates):
    moved = frozen_step(params, grads, rates)
    return {name: value if name.split(".")[0] in rates else np.zeros_like(value) for name, value in moved.items()}


def step_returns_the_change(params, grads, rates):
    return {name: -rates.get(name.split(".")[0], 0.0) * grads[name] for name in params}


def step_shrinks_the_weights(params, grads, rates):
    return {name: value * (1 - rates.get(name.split(".")[0], 0.0)) for name, value in params.items()}


def step_by_the_sign(params, grads, rates):
    return {name: v - rates.get(name.split(".")[0], 0.0) * np.sign(grads[name]) for name, v in params.items()}


# --- ridge_probe(x, y, classes, penalty) --------------------------------------------------------------------


def solved(x, targets, weights, penalty):
    rows = np.concatenate([x, np.ones((len(x), 1))], axis=1)  # (n, d + 1)
    return np.linalg.solve(rows.T @ rows + penalty * np.diag(weights), rows.T @ targets)


def but_last(x):
    return np.append(np.ones(x.shape[1]), 0.0)


def ridge_probe(x, y, classes, penalty):
    return solved(x, np.eye(classes)[y], but_last(x), penalty)


def ridge_penalises_the_bias(x, y, classes, penalty):
    return solved(x, np.eye(classes)[y], np.ones(x.shape[1] + 1), penalty)


def ridge_without_penalty(x, y, classes, penalty):
    rows = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    return np.linalg.pinv(rows) @ np.eye(classes)[y]


def ridge_ones_in_front(x, y, classes, penalty):
    return np.roll(ridge_probe(x, y, classes, penalty), 1, axis=0)


def ridge_without_bias(x, y, classes, penalty):
    return np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ np.eye(classes)[y])


def ridge_as_pytorch(x, y, classes, penalty):
    return ridge_probe(x, y, classes, penalty).T


def ridge_plus_and_minus_one(x, y, classes, penalty):
    return solved(x, 2 * np.eye(classes)[y] - 1, but_last(x), penalty)


def ridge_penalty_squared(x, y, classes, penalty):
    return solved(x, np.eye(classes)[y], but_last(x), penalty**2)


def ridge_penalty_of_the_mean(x, y, classes, penalty):
    return solved(x, np.eye(classes)[y], but_last(x), penalty * len(x))


def ridge_penalises_the_bias_alone(x, y, classes, penalty):
    rows = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    return np.linalg.pinv(rows.T @ rows + penalty * np.diag(1 - but_last(x))) @ (rows.T @ np.eye(classes)[y])


def ridge_classes_that_are_there(x, y, classes, penalty):
    return ridge_probe(x, y, classes, penalty)[:, np.unique(y)]


EXERCISES = (
    Exercise(
        "strategies",
        "ABCDC",
        wrong=(
            Misconception("CBCDC", "Look at task 1 again: how many weights would sixty pictures have to move?",
                          name="fine_tunes_a_handful"),
            Misconception("AACDC", "Look at task 2 again: what do the last features of a network for everyday things "
                          "describe?", name="last_features_for_other_data"),
            Misconception("ABADC", "Look at task 3 again: there is plenty of data, and frozen features cannot follow it.",
                          name="freezes_with_plenty"),
            Misconception("ABCAC", "Look at task 4 again: what is different from what the network was trained for?",
                          name="trains_without_need"),
            Misconception("ABCDB", "Look at task 5 again: with a hundred thousand pictures nothing has to stay "
                          "frozen.", name="freezes_other_data"),
        ),
        section="transfer.html#tl-when-how",
    ),
    Exercise(
        "trainable_count",
        trainable_count,
        wrong=(
            Misconception(counts_the_frozen, "You have counted what is frozen. The parts in `but` are those that learn."),
            Misconception(counts_everything, "You have counted the whole network. Only the parts in `but` learn."),
            Misconception(begins_without_dot, "Your parts are all names that begin alike: conv1 takes conv10 with it. "
                          "A part ends at a dot or at the end of the name."),
            Misconception(anywhere_in_the_name, "You look for the part anywhere in a name. It stands at its beginning."),
            Misconception(whole_names_only, "You take arrays whose whole name is in `but`. A part such as conv1 stands "
                          "for everything inside it."),
            Misconception(first_word_only, "You compare the part with what stands before the first dot. A part may have "
                          "dots itself, such as conv1.1 or head.bias."),
            Misconception(counts_arrays, "You have counted arrays. The question is about the numbers in them."),
            Misconception(forgets_biases, "Your count lacks the biases. They learn as the weights do."),
            Misconception(counts_twice, "You add a part for each name in `but`. What two names mean is there only once."),
            Misconception(adds_the_sides, "You have added the sides of each shape. An array holds their product."),
        ),
        section="transfer.html#freeze",
    ),
    Exercise(
        "frozen_step",
        frozen_step,
        wrong=(
            Misconception(step_uphill, "You step along the gradient, uphill. The loss falls against it."),
            Misconception(step_with_one_rate, "You move all parts at the largest rate. Each has its own."),
            Misconception(step_everywhere, "You move parts that `rates` does not name. They are frozen."),
            Misconception(step_leaves_out_frozen, "Your result lacks what is frozen. All names belong in it."),
            Misconception(step_freezes_the_named, "You freeze the parts that have a rate and move the others."),
            Misconception(step_gives_zeros_for_frozen, "You return zeros for what is frozen. It stays as it was."),
            Misconception(step_returns_the_change, "You return the change alone. The new values were asked for."),
            Misconception(step_shrinks_the_weights, "You multiply by one minus the rate and use no gradient. That is weight "
                          "decay."),
            Misconception(step_by_the_sign, "You use the sign of the gradient. Its size counts too."),
        ),
        section="transfer.html#rate-groups",
    ),
    Exercise(
        "ridge_probe",
        ridge_probe,
        wrong=(
            Misconception(ridge_penalises_the_bias, "You penalise the biases as well. D has a 0 in its last place."),
            Misconception(ridge_without_penalty, "Your weights are those of plain least squares: the penalty is missing."),
            Misconception(ridge_ones_in_front, "Your column of ones stands in front. It was asked for behind the features."),
            Misconception(ridge_without_bias, "Your probe has no biases: the column of ones is missing."),
            Misconception(ridge_as_pytorch, "Your array is (classes, d + 1), as PyTorch keeps weights. (d + 1, classes) "
                          "was asked for."),
            Misconception(ridge_plus_and_minus_one, "Your targets are 1 and -1. They are 1 and 0 here."),
            Misconception(ridge_penalty_squared, "You square the penalty. It is multiplied by D as it is."),
            Misconception(ridge_penalty_of_the_mean, "You multiply the penalty by n, as for a mean of squares. Here the "
                          "squares are added up."),
            Misconception(ridge_penalises_the_bias_alone, "You penalise the biases and nothing else: D is the other way "
                          "round."),
            Misconception(ridge_classes_that_are_there, "Your columns are the classes that occur in y. There is one for "
                          "each of `classes`, also for those without a picture."),
        ),
        section="transfer.html#linear-probe",
    ),
)  # fmt: skip
