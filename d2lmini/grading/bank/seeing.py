"""Answers and misconceptions of the set `seeing`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- silent_share -------------------------------------------------------------------------------------------

SIGNAL = np.array([0.0, 2.0, 2.0, 1.0, 0.0, 0.0])
FIRST = np.array([[-1.0, 1.0], [1.0, 1.0], [0.0, -1.0]])
SECOND = np.array([[1.0, 0.0, 5.0], [1.0, -1.0, 0.0]])
BIAS = np.array([-1.0, 3.0])


def silent(*, flip=False, rectify=True, bias=BIAS, count=lambda a: a == 0):
    """Return the shares of five channels."""
    step = -1 if flip else 1
    raw = np.array([np.correlate(SIGNAL, k[::step], "valid") for k in FIRST])  # (3, 5)
    first = np.maximum(raw, 0)
    second = np.maximum(SECOND @ (first if rectify else raw) + bias[:, None], 0)  # (2, 5)
    return np.array([*count(first).mean(axis=1), *count(second).mean(axis=1)])


# --- occlusion_map(image, weight, target, size, stride, fill) -----------------------------------------------


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def occlusion(image, weight, size, stride, cover, said):
    """Return said(scores) for each place; cover(copy, i, j) covers it."""
    h, w = image.shape
    found = np.zeros(((h - size) // stride + 1, (w - size) // stride + 1))
    for i, j in np.ndindex(*found.shape):
        covered = cover(image.copy(), i * stride, j * stride)
        found[i, j] = said((weight * covered).sum(axis=(1, 2)))
    return found


def square(size, fill):
    def cover(image, i, j):
        image[i : i + size, j : j + size] = fill
        return image

    return cover


def occlusion_map(image, weight, target, size, stride=1, fill=0.0):
    return occlusion(image, weight, size, stride, square(size, fill), lambda z: softmax(z)[target])


def occlusion_of_scores(image, weight, target, size, stride=1, fill=0.0):
    return occlusion(image, weight, size, stride, square(size, fill), lambda z: z[target])


def occlusion_fall(image, weight, target, size, stride=1, fill=0.0):
    before = softmax((weight * image).sum(axis=(1, 2)))[target]
    return before - occlusion_map(image, weight, target, size, stride, fill)


def occlusion_stays_covered(image, weight, target, size, stride=1, fill=0.0):
    kept = image.copy()

    def cover(_, i, j):
        kept[i : i + size, j : j + size] = fill
        return kept

    return occlusion(image, weight, size, stride, cover, lambda z: softmax(z)[target])


def occlusion_keeps_the_square(image, weight, target, size, stride=1, fill=0.0):
    def cover(copy, i, j):
        outside = np.full_like(copy, fill)
        outside[i : i + size, j : j + size] = copy[i : i + size, j : j + size]
        return outside

    return occlusion(image, weight, size, stride, cover, lambda z: softmax(z)[target])


def occlusion_always_black(image, weight, target, size, stride=1, fill=0.0):
    return occlusion_map(image, weight, target, size, stride, 0.0)


def occlusion_ignores_stride(image, weight, target, size, stride=1, fill=0.0):
    return occlusion_map(image, weight, target, size, 1, fill)


def occlusion_places_without_stride(image, weight, target, size, stride=1, fill=0.0):
    def cover(copy, i, j):
        return square(size, fill)(copy, i // stride, j // stride)

    return occlusion(image, weight, size, stride, cover, lambda z: softmax(z)[target])


def occlusion_of_the_best_class(image, weight, target, size, stride=1, fill=0.0):
    return occlusion(image, weight, size, stride, square(size, fill), lambda z: softmax(z).max())


def occlusion_one_place_short(image, weight, target, size, stride=1, fill=0.0):
    return occlusion_map(image, weight, target, size, stride, fill)[:-1, :-1]


# --- top_patches(images, kernel, stride, padding, count) ----------------------------------------------------


def patches(images, kernel, stride, padding, count, *, score=None, select=None, scale=1):
    """Return the best patches; select(answers) gives the numbers of images and of places, (count,) each."""
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape, axis=(1, 2))[:, ::stride, ::stride]
    answers = (windows * kernel).sum(axis=(3, 4)) if score is None else score(windows)
    answers = answers.reshape(len(images), -1)  # (n, places)
    windows = windows.reshape(len(images), -1, *kernel.shape)
    n, place = select(answers, count) if select else one_an_image(answers, count)
    return scale * windows[n, place]


def one_an_image(answers, count):
    order = np.argsort(-answers.max(axis=1), kind="stable")[:count]
    return order, answers[order].argmax(axis=1)


def top_patches(images, kernel, stride=1, padding=0, count=9):
    return patches(images, kernel, stride, padding, count)


def top_weakest_first(images, kernel, stride=1, padding=0, count=9):
    return top_patches(images, kernel, stride, padding, count)[::-1]


def top_of_all_places(images, kernel, stride=1, padding=0, count=9):
    def several_an_image(answers, count):
        return np.unravel_index(np.argsort(-answers.ravel(), kind="stable")[:count], answers.shape)

    return patches(images, kernel, stride, padding, count, select=several_an_image)


def top_by_magnitude(images, kernel, stride=1, padding=0, count=9):
    def strength(windows):
        return np.abs((windows * kernel).sum(axis=(3, 4)))

    return patches(images, kernel, stride, padding, count, score=strength)


def top_by_brightness(images, kernel, stride=1, padding=0, count=9):
    return patches(images, kernel, stride, padding, count, score=lambda windows: windows.sum(axis=(3, 4)))


def top_flipped_kernel(images, kernel, stride=1, padding=0, count=9):
    return patches(images, kernel[::-1, ::-1], stride, padding, count)


def top_without_padding(images, kernel, stride=1, padding=0, count=9):
    return patches(images, kernel, stride, 0, count)


def top_without_stride(images, kernel, stride=1, padding=0, count=9):
    return patches(images, kernel, 1, padding, count)


def top_lowest(images, kernel, stride=1, padding=0, count=9):
    return patches(images, -kernel, stride, padding, count)


def top_in_the_order_of_images(images, kernel, stride=1, padding=0, count=9):
    def unsorted(answers, count):
        order = np.sort(np.argsort(-answers.max(axis=1), kind="stable")[:count])
        return order, answers[order].argmax(axis=1)

    return patches(images, kernel, stride, padding, count, select=unsorted)


def top_times_the_kernel(images, kernel, stride=1, padding=0, count=9):
    return patches(images, kernel, stride, padding, count, scale=kernel)


# --- climb(x, w, v, steps, lr) ------------------------------------------------------------------------------


def ascent(x, w, v, steps, lr, *, mask=lambda z: z > 0, clip=True):
    for _ in range(steps):
        x = x + lr * w.T @ (v * mask(w @ x))
        x = np.clip(x, 0, 1) if clip else x
    return x


def climb(x, w, v, steps, lr):
    return ascent(x, w, v, steps, lr)


def climb_down(x, w, v, steps, lr):
    return ascent(x, w, v, steps, -lr)


def climb_without_rectifier(x, w, v, steps, lr):
    return ascent(x, w, v, steps, lr, mask=np.ones_like)


def climb_never_clips(x, w, v, steps, lr):
    return ascent(x, w, v, steps, lr, clip=False)


def climb_clips_at_the_end(x, w, v, steps, lr):
    return np.clip(ascent(x, w, v, steps, lr, clip=False), 0, 1)


def climb_by_the_first_gradient(x, w, v, steps, lr):
    slope = w.T @ (v * (w @ x > 0))
    for _ in range(steps):
        x = np.clip(x + lr * slope, 0, 1)
    return x


def climb_by_the_activation(x, w, v, steps, lr):
    return ascent(x, w, v, steps, lr, mask=lambda z: np.maximum(z, 0))


def climb_a_single_step(x, w, v, steps, lr):
    return ascent(x, w, v, 1, lr)


def climb_by_the_sign(x, w, v, steps, lr):
    for _ in range(steps):
        x = np.clip(x + lr * np.sign(w.T @ (v * (w @ x > 0))), 0, 1)
    return x


def climb_without_the_second_layer(x, w, v, steps, lr):
    return ascent(x, w, np.ones_like(v), steps, lr)


EXERCISES = (
    Exercise(
        "silent_share",
        lambda: silent(),
        wrong=(
            Misconception(1 - silent(), "You have counted the values that speak. The share of zeros was asked.",
                          name="share_of_active"),
            Misconception(silent(flip=True), "Your taps are flipped. A layer lays its taps over the signal as they are.",
                          name="flipped_taps"),
            Misconception(silent(rectify=False), "Your second layer reads the first one before its rectifier. It reads what "
                          "the rectifier lets through.", name="first_rectifier_missing"),
            Misconception(silent(bias=0 * BIAS), "Your second layer lacks its biases.", name="without_bias"),
            Misconception(5 * silent(), "You have counted the zeros. A share is their number over the number of places.",
                          name="counts"),
        ),
        section="seeing.html#sparsity",
        strict_dtype=False,
    ),
    Exercise(
        "occlusion_map",
        occlusion_map,
        wrong=(
            Misconception(occlusion_of_scores, "Your map holds scores. Send all of them through softmax and take the "
                          "probability of the class."),
            Misconception(occlusion_fall, "Your map holds by how much the probability falls. The probability itself was "
                          "asked."),
            Misconception(occlusion_stays_covered, "Your squares stay: each place is covered on top of those before. Begin "
                          "each time with a fresh copy of the image."),
            Misconception(occlusion_keeps_the_square, "You cover everything but the square. The square alone is covered."),
            Misconception(occlusion_always_black, "Your square is always 0. It has the value fill."),
            Misconception(occlusion_ignores_stride, "Your square moves by one pixel. It moves by stride."),
            Misconception(occlusion_places_without_stride, "Your map has the right size, but the square of entry (i, j) lies at "
                          "(i, j). It lies at (i * stride, j * stride)."),
            Misconception(occlusion_of_the_best_class, "Your map holds the largest probability, of whatever class. The one of "
                          "target was asked."),
            Misconception(occlusion_one_place_short, "You have lost the last row and column of places: the square fits "
                          "(h - size) // stride + 1 times."),
        ),
        section="seeing.html#occlusion-map",
    ),
    Exercise(
        "top_patches",
        top_patches,
        wrong=(
            Misconception(top_weakest_first, "Your patches are the right ones in the wrong order: the strongest comes first."),
            Misconception(top_of_all_places, "Several of your patches come from one image. Each image gives its best place "
                          "only."),
            Misconception(top_by_magnitude, "You rank by the magnitude of the answer. A large negative answer is no "
                          "excitement."),
            Misconception(top_by_brightness, "You have taken the brightest patches. The filter decides: sum its weights times "
                          "the pixels."),
            Misconception(top_flipped_kernel, "Your filter is flipped. It lies over the image as it is."),
            Misconception(top_without_padding, "You have left out the padding: some of the best places reach beyond the border."),
            Misconception(top_without_stride, "Your filter stops at every pixel. It moves by stride."),
            Misconception(top_lowest, "These patches have the lowest answers. The strongest were asked."),
            Misconception(top_in_the_order_of_images, "Your patches are the right ones in the order of the images. Sort them "
                          "by their answers."),
            Misconception(top_times_the_kernel, "Your patches are multiplied by the filter. What the filter saw was asked, the "
                          "pixels alone."),
        ),
        section="seeing.html#top-patches",
    ),
    Exercise(
        "climb",
        climb,
        wrong=(
            Misconception(climb_down, "You go down. To raise the score, add the gradient."),
            Misconception(climb_without_rectifier, "Your gradient passes through units that sleep. Those with w @ x <= 0 pass "
                          "nothing on."),
            Misconception(climb_never_clips, "Your pixels leave 0..1. Clip them after each step."),
            Misconception(climb_clips_at_the_end, "You clip once at the end. A step from an image that was not clipped goes "
                          "another way."),
            Misconception(climb_by_the_first_gradient, "You use the gradient of the first image in all steps. After each step "
                          "other units may be awake: compute it anew."),
            Misconception(climb_by_the_activation, "You multiply by the activation of the hidden units. The derivative of the "
                          "rectifier is 1 or 0."),
            Misconception(climb_a_single_step, "You take a single step. It should be as many as steps says."),
            Misconception(climb_by_the_sign, "You step along the sign of the gradient. Its size counts as well."),
            Misconception(climb_without_the_second_layer, "Your gradient lacks v, the weights of the second layer."),
        ),
        section="seeing.html#maximise",
    ),
    Exercise(
        "witnesses",
        "BCABB",
        wrong=(
            Misconception("ACABB", "Look at question 1 again: which method asks about single decisions, and needs no eye for "
                          "filters?", name="first_filters"),
            Misconception("CCABB", "Look at question 1 again: would you have seen the spot of the chapter in the image that the "
                          "class likes best?", name="climbs"),
            Misconception("BAABB", "Look at question 2 again: how many zeros had the untrained networks?", name="sparse_is_good"),
            Misconception("BCCBB", "Look at question 3 again: what should the shares add up to?", name="incomplete_shares"),
            Misconception("BCAAB", "Look at question 4 again: which head makes all places equal?", name="trusts_cam"),
            Misconception("BCABA", "Look at question 5 again: think of the pixel with a negative weight.", name="only_falls"),
        ),
        section="seeing.html#grad-cam",
    ),
)  # fmt: skip
