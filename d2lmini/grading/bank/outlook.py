"""Answers and misconceptions of the set `outlook`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- package_kinds: a value -----------------------------------------------------------------------------------

KINDS = {
    "Auto-Keras": "a", "Auto-PyTorch": "a", "Talos": "s", "Auto-sklearn": "c", "MLBox": "c", "H2O AutoML": "c",
    "Run:ai": "n", "Amazon Lex": "n",
}  # fmt: skip

# --- halving_rounds(trials, budget) ---------------------------------------------------------------------------


def rounds_by(trials, budget, *, rounds, after=lambda n: n // 2, each=lambda share, n: share // n):
    """The rounds of successive halving, with the switches that students turn by mistake."""
    found = []
    for _ in range(rounds):
        found.append((trials, each(budget // rounds, trials)))
        trials = after(trials)
    return found


def up(trials):
    """The smallest number of halvings after which at most one is left: ceil(log2 trials)."""
    return (trials - 1).bit_length()


def halving_rounds(trials, budget):
    return rounds_by(trials, budget, rounds=up(trials))


def whole_budget_each_round(trials, budget):
    return rounds_by(trials, budget * up(trials), rounds=up(trials))


def share_not_divided(trials, budget):
    return rounds_by(trials, budget, rounds=up(trials), each=lambda share, n: share)


def candidates_rounded_up(trials, budget):
    return rounds_by(trials, budget, rounds=up(trials), after=lambda n: -(-n // 2))


def rounds_rounded_down(trials, budget):
    return rounds_by(trials, budget, rounds=trials.bit_length() - 1)


def one_round_too_many(trials, budget):
    return rounds_by(trials, budget, rounds=up(trials) + 1, after=lambda n: max(1, n // 2))


def steps_rounded_up(trials, budget):
    return rounds_by(trials, budget, rounds=up(trials), each=lambda share, n: -(-share // n))


def same_steps_for_all(trials, budget):
    sizes = [n for n, _ in halving_rounds(trials, budget)]
    return [(n, budget // sum(sizes)) for n in sizes]


def begins_with_half(trials, budget):
    rounds = up(trials)
    return rounds_by(max(1, trials // 2), budget, rounds=rounds, after=lambda n: max(1, n // 2))


def steps_doubled_from_the_first(trials, budget):
    plan = halving_rounds(trials, budget)
    return [(n, plan[0][1] * 2**k) for k, (n, _) in enumerate(plan)]


# --- search_table(scores, trials, seed) -----------------------------------------------------------------------


def best_of(scores, places):
    row, column = max(places, key=lambda place: scores[place])
    return int(row), int(column), float(scores[row, column])


def draws(scores, trials, rng):
    rows, columns = scores.shape
    return [(int(rng.integers(rows)), int(rng.integers(columns))) for _ in range(trials)]


def search_table(scores, trials, seed):
    return best_of(scores, draws(scores, trials, np.random.default_rng(seed)))


def generator_in_the_loop(scores, trials, seed):
    return best_of(scores, draws(scores, 1, np.random.default_rng(seed)))


def keeps_the_worst(scores, trials, seed):
    row, column, score = search_table(-scores, trials, seed)
    return row, column, -score


def keeps_the_last(scores, trials, seed):
    return best_of(scores, draws(scores, trials, np.random.default_rng(seed))[-1:])


def column_first(scores, trials, seed):
    column, row, score = search_table(scores.T, trials, seed)
    return row, column, score


def all_rows_then_all_columns(scores, trials, seed):
    rng = np.random.default_rng(seed)
    rows, columns = (rng.integers(n, size=trials) for n in scores.shape)
    return best_of(scores, list(zip(rows, columns, strict=True)))


def looks_at_everything(scores, trials, seed):
    return best_of(scores, list(np.ndindex(scores.shape)))


def seed_ignored(scores, trials, seed):
    return search_table(scores, trials, 0 if seed else 1)


def last_row_never(scores, trials, seed):
    rows, columns = scores.shape
    rng = np.random.default_rng(seed)
    return best_of(scores, [(int(rng.integers(rows - 1)), int(rng.integers(columns - 1))) for _ in range(trials)])


def old_generator(scores, trials, seed):
    rng = np.random.RandomState(seed)
    return best_of(scores, [tuple(int(rng.randint(n)) for n in scores.shape) for _ in range(trials)])


# --- front(costs, scores) -------------------------------------------------------------------------------------


def front_by(costs, scores, beats):
    """The points that no other beats, the cheapest first, of equals the one with the smaller number."""
    n = range(len(costs))
    kept = [i for i in n if not any(beats(costs[j], scores[j], costs[i], scores[i]) for j in n if j != i)]
    return sorted(kept, key=lambda i: costs[i])


def beaten(c, s, own_c, own_s):
    return c <= own_c and s >= own_s and (c < own_c or s > own_s)


def front(costs, scores):
    return front_by(costs, scores, beaten)


def strictly_better_in_both(costs, scores):
    return front_by(costs, scores, lambda c, s, own_c, own_s: c < own_c and s > own_s)


def better_in_one_is_enough(costs, scores):
    return front_by(costs, scores, lambda c, s, own_c, own_s: c < own_c or s > own_s)


def equals_beat_each_other(costs, scores):
    return front_by(costs, scores, lambda c, s, own_c, own_s: c <= own_c and s >= own_s)


def low_scores_are_good(costs, scores):
    return front(costs, [-s for s in scores])


def high_costs_are_good(costs, scores):
    return sorted(front([-c for c in costs], scores), key=lambda i: costs[i])


def in_order_of_number(costs, scores):
    return sorted(front(costs, scores))


def dearest_first(costs, scores):
    return front(costs, scores)[::-1]


def best_and_cheapest_only(costs, scores):
    points = front(costs, scores)
    return [points[0], points[-1]]


def costs_of_the_front(costs, scores):
    return [costs[i] for i in front(costs, scores)]


# --- the set --------------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "package_kinds",
        KINDS,
        wrong=(
            Misconception(
                dict.fromkeys(KINDS, "a"),
                "This is the heading of the slide taken at its word: architecture search for all. Two of the names do no "
                "AutoML at all.",
                name="as_on_the_slide",
            ),
            Misconception(
                {**KINDS, "Auto-sklearn": "a"},
                "Auto-sklearn chooses among the methods of scikit-learn. Which architectures could it search?",
                name="auto_sklearn_a_search",
            ),
            Misconception(
                {**KINDS, "Auto-sklearn": "a", "MLBox": "a", "H2O AutoML": "a"},
                "You count AutoML for tables as architecture search. Those three choose among classical methods.",
                name="classical_as_search",
            ),
            Misconception(
                {**KINDS, "Amazon Lex": "c"},
                "Amazon Lex is a service for chatbots. Amazon's AutoML has another name.",
                name="lex_as_automl",
            ),
            Misconception(
                {**KINDS, "Run:ai": "s"},
                "Run:ai decides which job gets which GPU. It does not decide which settings a job tries.",
                name="runai_tunes",
            ),
            Misconception(
                {**KINDS, "Talos": "a"},
                "Talos runs through settings of a Keras model that you write. The model's plan stays yours.",
                name="talos_a_search",
            ),
            Misconception(
                {**KINDS, "Auto-Keras": "s", "Auto-PyTorch": "s"},
                "Auto-Keras and Auto-PyTorch choose the layers too, not the settings alone.",
                name="only_settings",
            ),
        ),
        section="outlook.html#auto-packages",
    ),
    Exercise(
        "halving_rounds",
        halving_rounds,
        wrong=(
            Misconception(
                whole_budget_each_round,
                "Each of your rounds spends the whole budget. It is one budget for all rounds, in equal shares.",
            ),
            Misconception(
                share_not_divided,
                "Your second number is what a round spends. Asked is what each candidate of the round gets.",
            ),
            Misconception(candidates_rounded_up, "You keep the larger half of an odd number. Round down: 3 leaves 1."),
            Misconception(
                rounds_rounded_down,
                "You have a round too few: with 6 candidates log2 is 2.58, which is rounded up to 3 rounds.",
            ),
            Misconception(
                one_round_too_many,
                "You have one round more than the logarithm, rounded up, allows. Eight candidates need three rounds.",
            ),
            Misconception(
                steps_rounded_up, "You round the steps up, and the search spends more than it has. Round down."
            ),
            Misconception(
                same_steps_for_all,
                "All your candidates get the same steps. The point is that those who are left get more.",
            ),
            Misconception(begins_with_half, "Your first round has only half of the candidates. All of them start."),
            Misconception(
                steps_doubled_from_the_first,
                "You double the first round's steps. With rounding down this is less than a share divided anew in each round.",
            ),
        ),
        section="outlook.html#successive-halving",
    ),
    Exercise(
        "search_table",
        search_table,
        wrong=(
            Misconception(
                generator_in_the_loop,
                "All your trials are the same: a generator made inside the loop starts from the seed each time.",
            ),
            Misconception(keeps_the_worst, "You keep the smallest score. Larger is better here."),
            Misconception(keeps_the_last, "You return the last trial. Asked is the best of all."),
            Misconception(
                column_first, "You draw the column before the row. The order of the draws is part of the task."
            ),
            Misconception(
                all_rows_then_all_columns,
                "You draw all rows and then all columns. Draw a row and a column for each trial, so that more trials only "
                "add to the first ones.",
            ),
            Misconception(
                looks_at_everything, "This is the best of the whole table: a grid search. Look only where you drew."
            ),
            Misconception(seed_ignored, "Your draws do not depend on the seed that was given."),
            Misconception(
                last_row_never,
                "rng.integers(n) leaves n out already. With n - 1 the last row and the last column are never drawn.",
            ),
            Misconception(
                old_generator, "Your draws are those of np.random.RandomState. Use np.random.default_rng(seed)."
            ),
        ),
        section="outlook.html#random-search",
    ),
    Exercise(
        "front",
        front,
        wrong=(
            Misconception(
                strictly_better_in_both,
                "You let a point go only if another is better in both. At equal cost the better score is enough, and at "
                "equal score the lower cost.",
            ),
            Misconception(
                better_in_one_is_enough,
                "You drop every point that another beats in one of the two. The other must also be no worse in the second.",
            ),
            Misconception(
                equals_beat_each_other,
                "Two equal points have beaten each other and are both gone. Equal points both stay.",
            ),
            Misconception(low_scores_are_good, "This is the front for small scores. A large score is good."),
            Misconception(high_costs_are_good, "This is the front for high costs. A low cost is good."),
            Misconception(
                in_order_of_number, "The right points in the order of their numbers. Begin with the cheapest."
            ),
            Misconception(dearest_first, "The right points, the dearest first. Begin with the cheapest."),
            Misconception(
                best_and_cheapest_only, "These are the ends of the front. What lies between them is not beaten either."
            ),
            Misconception(costs_of_the_front, "These are the costs of the points. Asked are their numbers."),
        ),
        section="outlook.html#pareto-front",
    ),
)
