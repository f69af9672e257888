"""Answers and misconceptions of the set `cortex`: cells and dates, the Gabor pair, its transform, orientation."""

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception

# --- gabor_kernel(size, sigma_x, sigma_y, alpha, U, V)


def pair_by(
    size, sigma_x, sigma_y, alpha, U, V, *,
    constant=lambda sx, sy: 2 * np.pi * sx * sy, swap=False, turn=1, wave_turns=False, half=0.5, two_pi=2 * np.pi,
    odd=1, start=None, bell_ft=False,
):  # fmt: skip
    """The pair by its formula; each keyword is a rule that a misconception breaks."""
    y, x = np.mgrid[:size, :size] - (size // 2 if start is None else start)
    if swap:
        x, y = y, x
    a = x * np.cos(turn * alpha) + y * np.sin(turn * alpha)
    b = -x * np.sin(turn * alpha) + y * np.cos(turn * alpha)
    if bell_ft:
        sigma_x, sigma_y = sigma_y, sigma_x
    bell = np.exp(-half * ((a / sigma_x) ** 2 + (b / sigma_y) ** 2)) / constant(sigma_x, sigma_y)
    phase = two_pi * (U * (a if wave_turns else x) + V * (b if wave_turns else y))
    return bell * np.cos(phase), odd * bell * np.sin(phase)


def gabor_kernel(size, sigma_x, sigma_y, alpha, U, V):
    pair = d2lmini.gabor(size, sigma_x, sigma_y, alpha=alpha, U=U, V=V)
    return pair.real.copy(), pair.imag.copy()


def kernel_with_a_root(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, constant=lambda sx, sy: 2 * np.pi * np.sqrt(sx * sy))


def kernel_without_constant(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, constant=lambda sx, sy: 1.0)


def kernel_wave_turned(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, wave_turns=True)


def kernel_turned_back(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, turn=-1)


def kernel_rows_as_x(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, swap=True)


def kernel_half_forgotten(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, half=1.0)


def kernel_two_pi_forgotten(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, two_pi=1.0)


def kernel_odd_negative(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, odd=-1)


def kernel_from_the_corner(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, start=0)


def kernel_widths_swapped(size, sigma_x, sigma_y, alpha, U, V):
    return pair_by(size, sigma_x, sigma_y, alpha, U, V, bell_ft=True)


def kernel_parts_exchanged(size, sigma_x, sigma_y, alpha, U, V):
    return gabor_kernel(size, sigma_x, sigma_y, alpha, U, V)[::-1]


# --- gabor_transform(u, v, sigma_x, sigma_y, alpha, U, V)


def transform_by(u, v, sigma_x, sigma_y, alpha, U, V, *, first="shift", turn=1, factor=2 * np.pi**2, sign=-1, inverse=False):
    """The transform by its formula; each keyword is a rule that a misconception breaks."""
    c, s = np.cos(turn * alpha), np.sin(turn * alpha)
    if first == "shift":
        u, v = u + sign * U, v + sign * V
        a, b = u * c + v * s, v * c - u * s
    else:
        a, b = u * c + v * s + sign * U, v * c - u * s + sign * V
    if inverse:
        sigma_x, sigma_y = 1 / sigma_x, 1 / sigma_y
    return np.exp(-factor * ((sigma_x * a) ** 2 + (sigma_y * b) ** 2))


def gabor_transform(u, v, sigma_x, sigma_y, alpha, U, V):
    return d2lmini.gabor_ft(u, v, sigma_x, sigma_y, alpha=alpha, U=U, V=V)


def transform_of_the_slide(u, v, sigma_x, sigma_y, alpha, U, V):
    return transform_by(u, v, sigma_x, sigma_y, alpha, U, V, first="turn")


def transform_turned_back(u, v, sigma_x, sigma_y, alpha, U, V):
    return transform_by(u, v, sigma_x, sigma_y, alpha, U, V, turn=-1)


def transform_never_turned(u, v, sigma_x, sigma_y, alpha, U, V):
    return transform_by(u, v, sigma_x, sigma_y, alpha, U, V, turn=0)


def transform_like_the_bell(u, v, sigma_x, sigma_y, alpha, U, V):
    return transform_by(u, v, sigma_x, sigma_y, alpha, U, V, inverse=True, factor=0.5)


def transform_without_two(u, v, sigma_x, sigma_y, alpha, U, V):
    return transform_by(u, v, sigma_x, sigma_y, alpha, U, V, factor=np.pi**2)


def transform_in_radians(u, v, sigma_x, sigma_y, alpha, U, V):
    return transform_by(u, v, sigma_x, sigma_y, alpha, U, V, factor=0.5)


def transform_other_way(u, v, sigma_x, sigma_y, alpha, U, V):
    return transform_by(u, v, sigma_x, sigma_y, alpha, U, V, sign=1)


def transform_without_wave(u, v, sigma_x, sigma_y, alpha, U, V):
    return transform_by(u, v, sigma_x, sigma_y, alpha, U, V, sign=0)


def transform_of_the_even_part(u, v, sigma_x, sigma_y, alpha, U, V):
    spots = (transform_by(u, v, sigma_x, sigma_y, alpha, U, V, sign=sign) for sign in (-1, 1))
    return sum(spots) / 2


# --- orientation_of(images, size, sigma, f)


def orientation_by(images, size, sigma, f, *, angles=None, swap=False, down=1, join=lambda e, o: e**2 + o**2, pick=np.argmax):
    """The index of the strongest of eight answers; each keyword is a rule that a misconception breaks."""
    angles = np.pi * np.arange(8) / 8 if angles is None else angles
    found = []
    for angle in angles:
        U, V = f * np.cos(angle), down * f * np.sin(angle)
        pair = d2lmini.gabor(size, sigma, sigma, U=V if swap else U, V=U if swap else V)
        e, o = (d2lmini.conv2d(images[:, None], part.copy()[None, None])[:, 0] for part in (pair.real, pair.imag))
        found.append(join(e, o).mean(axis=(1, 2)))
    return pick(np.array(found), axis=0)


def orientation_of(images, size, sigma, f):
    return orientation_by(images, size, sigma, f)


def orientation_whole_turn(images, size, sigma, f):
    return orientation_by(images, size, sigma, f, angles=2 * np.pi * np.arange(8) / 8)


def orientation_plain_sum(images, size, sigma, f):
    return orientation_by(images, size, sigma, f, join=lambda e, o: e + o)


def orientation_even_alone(images, size, sigma, f):
    return orientation_by(images, size, sigma, f, join=lambda e, o: e)


def orientation_weakest(images, size, sigma, f):
    return orientation_by(images, size, sigma, f, pick=np.argmin)


def orientation_in_degrees(images, size, sigma, f):
    return orientation_by(images, size, sigma, f, angles=22.5 * np.arange(8))


def orientation_sine_first(images, size, sigma, f):
    return orientation_by(images, size, sigma, f, swap=True)


def orientation_upwards(images, size, sigma, f):
    return orientation_by(images, size, sigma, f, down=-1)


def orientation_from_one(images, size, sigma, f):
    return orientation_of(images, size, sigma, f) + 1


def orientation_as_angle(images, size, sigma, f):
    return 22.5 * orientation_of(images, size, sigma, f)


EXERCISES = (
    Exercise(
        "cortex_and_time",
        "BCACBA",
        wrong=(
            Misconception("ACACBA", "Question 1: a simple cell wants its bar at one place. This one accepts a neighbourhood.", name="simple_cell"),
            Misconception("CCACBA", "Question 1: a cell of IT asks for objects. A bar of one orientation is the business of V1.", name="cell_of_it"),
            Misconception("BAACBA", "Question 2: V4 comes after V2 and before IT.", name="v4_first"),
            Misconception("BBACBA", "Question 2: you went against the stream, from objects to edges.", name="backwards"),
            Misconception("BCBCBA", "Question 3: no area has the name TI. The slide exchanged two letters.", name="ti_of_v4"),
            Misconception("BCCCBA", "Question 3: the thalamus lies before V1; the area of this question lies at the other end.", name="ti_thalamus"),
            Misconception("BCAABA", "Question 4: that fields grow along the path has been measured. Look for the sentence that measurements contradict.", name="fields_do_not_grow"),
            Misconception("BCABBA", "Question 4: cells of V1 do have an orientation; that was found in 1959. Look for the sentence that is too simple.", name="no_orientation"),
            Misconception("BCACAA", "Question 5: the cells were described two decades before the first network built after them.", name="network_first"),
            Misconception("BCACCA", "Question 5: the neocognitron is nine years older than the kernels learned by gradients.", name="gradients_first"),
            Misconception("BCACBB", "Question 6: that is the time of the neocognitron and of LeNet.", name="winter_of_lenet"),
            Misconception("BCACBC", "Question 6: those years are called the resurrection.", name="winter_of_resurrection"),
            Misconception("bcacba", "Capital letters are asked.", name="small_letters"),
        ),
        section="cortex.html#hist-timeline",
    ),
    Exercise(
        "gabor_kernel",
        gabor_kernel,
        wrong=(
            Misconception(kernel_with_a_root, "Your constant is 1 / (2π√(σx σy)), as a slide prints it. With it a filter without a wave sums to √(σx σy) and not to 1."),
            Misconception(kernel_without_constant, "Your bell has the height 1. It should have the volume 1: divide by 2π σx σy."),
            Misconception(kernel_wave_turned, "You put the turned coordinates into the wave as well. α turns the bell alone; the wave takes x and y."),
            Misconception(kernel_turned_back, "Your bell is turned by −α. With y downwards, a = x cos α + y sin α."),
            Misconception(kernel_rows_as_x, "x and y are exchanged: x counts columns, to the right, and y counts rows, downwards."),
            Misconception(kernel_half_forgotten, "Your bell is too narrow: the exponent is half of the squares, −(…)/2."),
            Misconception(kernel_two_pi_forgotten, "U and V are waves per pixel. A whole wave is 2π in the cosine."),
            Misconception(kernel_odd_negative, "Your odd part has the wrong sign: it is the sine of +2π(Ux + Vy), positive just right of the centre for U > 0."),
            Misconception(kernel_from_the_corner, "You count x and y from the corner. They are 0 in the middle of the kernel."),
            Misconception(kernel_widths_swapped, "σx and σy are exchanged: σx belongs to a, the axis that lies along x for α = 0."),
            Misconception(kernel_parts_exchanged, "The even part, with the cosine, comes first."),
        ),
        section="cortex.html#gabor",
    ),
    Exercise(
        "gabor_transform",
        gabor_transform,
        wrong=(
            Misconception(transform_of_the_slide, "You turned the frequency and then subtracted (U, V), as a slide does. The distance to (U, V) has to be turned: subtract first."),
            Misconception(transform_turned_back, "The bell of the transform is turned by +α like the bell itself; yours is turned by −α."),
            Misconception(transform_never_turned, "α is missing. A turned bell has a turned transform."),
            Misconception(transform_like_the_bell, "A wide bell has a narrow transform: the widths multiply the distance, they do not divide it."),
            Misconception(transform_without_two, "The factor in the exponent is −2π², not −π²."),
            Misconception(transform_in_radians, "That is the formula for frequencies in radians per pixel. Here they are waves per pixel: each brings a factor 2π."),
            Misconception(transform_other_way, "Your spot lies at (−U, −V). The wave e^{+2πj(Ux+Vy)} has its spot at (U, V)."),
            Misconception(transform_without_wave, "Your spot lies in the middle of the plane. The wave moves it to (U, V)."),
            Misconception(transform_of_the_even_part, "Two half spots belong to the even part alone. The pair, even + j odd, has one, of height 1."),
        ),
        section="cortex.html#gabor-ft",
    ),
    Exercise(
        "orientation_of",
        orientation_of,
        wrong=(
            Misconception(orientation_whole_turn, "Your angles go once around, in steps of 45 degrees. Stripes repeat after half a turn: steps of 22.5."),
            Misconception(orientation_plain_sum, "You added the two answers without squaring them. Over the image they cancel; square first."),
            Misconception(orientation_even_alone, "The plain answer of the even part swings around zero and averages out. Take the energy, even² + odd²."),
            Misconception(orientation_weakest, "You named the orientation with the smallest energy."),
            Misconception(orientation_in_degrees, "np.cos and np.sin take radians."),
            Misconception(orientation_sine_first, "U = f cos and V = f sin: angle 0 is a wave that runs to the right."),
            Misconception(orientation_upwards, "Your angles grow upwards. V counts downwards, so V = +f sin."),
            Misconception(orientation_from_one, "Count from 0: the wave that runs to the right is number 0."),
            Misconception(orientation_as_angle, "The number k is asked, not the angle 22.5 k."),
        ),
        section="cortex.html#gabor-energy",
    ),
)
