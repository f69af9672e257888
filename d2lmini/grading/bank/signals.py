"""Answers and misconceptions of the set `signals`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- conv1d_bank(x, weight, bias, stride, padding, dilation) ------------------------------------------------


def conv1d_bank(x, weight, bias, stride, padding, dilation):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    reach = dilation * (weight.shape[2] - 1) + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, reach, axis=2)[:, :, ::stride, ::dilation]
    return np.einsum("ncik,ock->noi", windows, weight) + bias[:, None]


def bank_flipped(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x, weight[:, :, ::-1], bias, stride, padding, dilation)


def bank_without_bias(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x, weight, 0 * bias, stride, padding, dilation)


def bank_without_stride(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x, weight, bias, 1, padding, dilation)


def bank_without_padding(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x, weight, bias, stride, 0, dilation)


def bank_without_dilation(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x, weight, bias, stride, padding, 1)


def bank_padded_in_front(x, weight, bias, stride, padding, dilation):
    x = np.pad(x, ((0, 0), (0, 0), (2 * padding, 0)))
    return conv1d_bank(x, weight, bias, stride, 0, dilation)


def bank_padded_with_the_edge(x, weight, bias, stride, padding, dilation):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)), mode="edge")
    return conv1d_bank(x, weight, bias, stride, 0, dilation)


def bank_total_padding(x, weight, bias, stride, padding, dilation):
    x = np.pad(x, ((0, 0), (0, 0), (padding // 2, padding - padding // 2)))
    return conv1d_bank(x, weight, bias, stride, 0, dilation)


def bank_first_channel(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x[:, :1], weight[:, :1], bias, stride, padding, dilation)


def bank_mean_of_channels(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x, weight / x.shape[1], bias, stride, padding, dilation)


def bank_bias_for_each_channel(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x, weight, x.shape[1] * bias, stride, padding, dilation)


def bank_dilates_the_signal(x, weight, bias, stride, padding, dilation):
    return conv1d_bank(x[:, :, ::dilation], weight, bias, stride, padding, 1)


# --- spectra(x, window, hop) --------------------------------------------------------------------------------


def transformed(x, window, hop, mode="reflect", begin=None, end=None):
    """Magnitudes of a signal that is padded by begin and end samples; None is half a window."""
    half = len(window) // 2
    padded = np.pad(x, (half if begin is None else begin, half if end is None else end), mode=mode)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop]
    return np.abs(np.fft.rfft(pieces * window)).T


def spectra(x, window, hop):
    return transformed(x, window, hop)


def spectra_not_centred(x, window, hop):
    return transformed(x, window, hop, begin=0, end=0)


def spectra_padded_with_zeros(x, window, hop):
    return transformed(x, window, hop, mode="constant")


def spectra_repeat_the_border(x, window, hop):
    return transformed(x, window, hop, mode="symmetric")


def spectra_padded_in_front(x, window, hop):
    return transformed(x, window, hop, end=0)


def spectra_without_window(x, window, hop):
    return transformed(x, np.ones(len(window)), hop)


def spectra_squared(x, window, hop):
    return transformed(x, window, hop) ** 2


def spectra_real_part(x, window, hop):
    padded = np.pad(x, len(window) // 2, mode="reflect")
    pieces = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop]
    return np.fft.rfft(pieces * window).real.T


def spectra_all_rows(x, window, hop):
    padded = np.pad(x, len(window) // 2, mode="reflect")
    pieces = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop]
    return np.abs(np.fft.fft(pieces * window)).T


def spectra_columns_first(x, window, hop):
    return np.ascontiguousarray(spectra(x, window, hop).T)


def spectra_side_by_side(x, window, hop):
    return transformed(x, window, len(window))


def spectra_hop_of_one(x, window, hop):
    return transformed(x, window, 1)


def spectra_divided(x, window, hop):
    return transformed(x, window, hop) / window.sum()


# --- volume_counts(c_in, c_out, m, size, kernel) ------------------------------------------------------------


def volume_counts(c_in, c_out, m, size, kernel):
    out = tuple(n - kernel + 1 for n in size)
    return (c_out, *out), c_out * c_in * kernel**3, m * c_in * kernel**2 + c_out * m * kernel


def counts_padded(c_in, c_out, m, size, kernel):
    return (c_out, *size), *volume_counts(c_in, c_out, m, size, kernel)[1:]


def counts_without_time(c_in, c_out, m, size, kernel):
    (c, _, h, w), *weights = volume_counts(c_in, c_out, m, size, kernel)
    return (c, h, w), *weights


def counts_frames_stay(c_in, c_out, m, size, kernel):
    (c, _, h, w), *weights = volume_counts(c_in, c_out, m, size, kernel)
    return (c, size[0], h, w), *weights


def counts_loses_the_kernel(c_in, c_out, m, size, kernel):
    return (c_out, *(n - kernel for n in size)), *volume_counts(c_in, c_out, m, size, kernel)[1:]


def counts_channels_last(c_in, c_out, m, size, kernel):
    shape, *weights = volume_counts(c_in, c_out, m, size, kernel)
    return (*shape[1:], shape[0]), *weights


def counts_frames_as_channels(c_in, c_out, m, size, kernel):
    shape, _, pseudo = volume_counts(c_in, c_out, m, size, kernel)
    return shape, c_out * size[0] * kernel**3, pseudo


def counts_plane_filters(c_in, c_out, m, size, kernel):
    shape, _, pseudo = volume_counts(c_in, c_out, m, size, kernel)
    return shape, c_out * c_in * kernel**2, pseudo


def counts_one_channel(c_in, c_out, m, size, kernel):
    shape, _, pseudo = volume_counts(c_in, c_out, m, size, kernel)
    return shape, c_out * kernel**3, pseudo


def counts_without_m(c_in, c_out, m, size, kernel):
    shape, whole, _ = volume_counts(c_in, c_out, m, size, kernel)
    return shape, whole, c_out * c_in * kernel**2 + c_out * c_out * kernel


def counts_time_reads_the_input(c_in, c_out, m, size, kernel):
    shape, whole, _ = volume_counts(c_in, c_out, m, size, kernel)
    return shape, whole, m * c_in * kernel**2 + c_out * c_in * kernel


def counts_multiplies_the_steps(c_in, c_out, m, size, kernel):
    shape, whole, _ = volume_counts(c_in, c_out, m, size, kernel)
    return shape, whole, (m * c_in * kernel**2) * (c_out * m * kernel)


def counts_one_step(c_in, c_out, m, size, kernel):
    shape, whole, _ = volume_counts(c_in, c_out, m, size, kernel)
    return shape, whole, m * c_in * kernel**2


# --- ecg_net(leads, classes): a network; torch is imported when one is built --------------------------------


def ecg_net(leads, classes):
    return heart_net(leads, classes)


def heart_net(
    leads, classes, *, kernels=(7, 5, 3), padded=True, bias=False, norms=True, relus=True, pools=2, mean=False,
    norm_last=False, whole=True, maximum=False, end=(),
):  # fmt: skip
    """The network of the table, with any of its mistakes."""
    from torch import nn

    layers, c_in = [], leads
    for place, (c_out, k) in enumerate(zip((8, 16, 32), kernels, strict=True)):
        layers.append(nn.Conv1d(c_in, c_out, k, padding=k // 2 if padded else 0, bias=bias))
        after = [*[nn.BatchNorm1d(c_out)] * norms, *[nn.ReLU()] * relus]
        layers += after[::-1] if norm_last else after
        if place < pools:
            layers.append(nn.AvgPool1d(2) if mean else nn.MaxPool1d(2))
        c_in = c_out
    last = nn.AdaptiveMaxPool1d(1) if maximum else nn.AdaptiveAvgPool1d(1)
    return nn.Sequential(*layers, last, nn.Flatten(), nn.Linear(32, classes, bias=whole), *end)


def net_without_norms(leads, classes):
    return heart_net(leads, classes, norms=False)


def net_with_biases(leads, classes):
    return heart_net(leads, classes, bias=True)


def net_without_relu(leads, classes):
    return heart_net(leads, classes, relus=False)


def net_norm_behind_relu(leads, classes):
    return heart_net(leads, classes, norm_last=True)


def net_three_poolings(leads, classes):
    return heart_net(leads, classes, pools=3)


def net_one_pooling(leads, classes):
    return heart_net(leads, classes, pools=1)


def net_mean_pooling(leads, classes):
    return heart_net(leads, classes, mean=True)


def net_maximum_over_time(leads, classes):
    return heart_net(leads, classes, maximum=True)


def net_without_padding(leads, classes):
    return heart_net(leads, classes, padded=False)


def net_seven_everywhere(leads, classes):
    return heart_net(leads, classes, kernels=(7, 7, 7))


def net_head_without_bias(leads, classes):
    return heart_net(leads, classes, whole=False)


def net_with_softmax(leads, classes):
    from torch import nn

    return heart_net(leads, classes, end=(nn.Softmax(dim=1),))


EXERCISES = (
    Exercise(
        "conv1d_bank",
        conv1d_bank,
        wrong=(
            Misconception(bank_flipped, "Your filters are turned round, a true convolution. A layer slides them as they are."),
            Misconception(bank_without_bias, "The bias is missing: one number for each filter, added at every place."),
            Misconception(bank_without_stride, "You take every place. With a stride of s, only every s-th is wanted."),
            Misconception(bank_without_padding, "The zeros at both ends are missing."),
            Misconception(bank_without_dilation, "Your taps lie side by side. They are `dilation` samples apart."),
            Misconception(bank_padded_in_front, "All your zeros stand before the signal. As many stand before it as behind it."),
            Misconception(bank_padded_with_the_edge, "You pad with the first and the last sample. The layer pads with zeros."),
            Misconception(bank_total_padding, "You share `padding` between both ends. It is the number of zeros at each end."),
            Misconception(bank_first_channel, "Your filters read channel 0 alone. Each spans all channels, and their products add up."),
            Misconception(bank_mean_of_channels, "You average over the channels. The products of all channels are added."),
            Misconception(bank_bias_for_each_channel, "You add the bias once for each channel. It is added once for each output."),
            Misconception(bank_dilates_the_signal, "You thin the signal out and slide a dense filter over what is left. Dilation spreads "
                          "the taps; the filter still moves sample by sample."),
        ),
        section="signals.html#conv1d-layer",
    ),
    Exercise(
        "spectra",
        spectra,
        wrong=(
            Misconception(spectra_not_centred, "Your first window begins at sample 0. Its middle should lie there: pad half a window."),
            Misconception(spectra_padded_with_zeros, "You pad with zeros. Mirrored samples are wanted."),
            Misconception(spectra_repeat_the_border, "Your mirror repeats the first and the last sample. NumPy calls that "
                          "symmetric; the other one is reflect."),
            Misconception(spectra_padded_in_front, "You pad before the signal only. Half a window belongs behind it as well."),
            Misconception(spectra_without_window, "The pieces are not multiplied by the window."),
            Misconception(spectra_squared, "These are the squares of the magnitudes, the power."),
            Misconception(spectra_real_part, "You took the real part. The magnitude is the length of the complex number, np.abs."),
            Misconception(spectra_all_rows, "Your transform has a row for each sample of the window. Those above the middle mirror "
                          "the others; np.fft.rfft leaves them out."),
            Misconception(spectra_columns_first, "Rows and columns are exchanged: frequency goes down, time to the right."),
            Misconception(spectra_side_by_side, "Your windows lie side by side. The next one begins `hop` samples later."),
            Misconception(spectra_hop_of_one, "You take a window at every sample. The next one begins `hop` samples later."),
            Misconception(spectra_divided, "You divided by the sum of the window. Here nothing is scaled."),
        ),
        section="signals.html#stft",
    ),
    Exercise(
        "volume_counts",
        volume_counts,
        wrong=(
            Misconception(counts_padded, "Your clip keeps its size. Without padding each axis loses k - 1."),
            Misconception(counts_without_time, "Your output has lost the time axis. The filter slides along it and has several places."),
            Misconception(counts_frames_stay, "You shortened rows and columns but not time. The filter is k frames deep."),
            Misconception(counts_loses_the_kernel, "There is one more place: n - k + 1."),
            Misconception(counts_channels_last, "Your channels stand last. They come first, as everywhere in the book."),
            Misconception(counts_frames_as_channels, "You took the frames for channels. A filter is as deep as k, however long the clip."),
            Misconception(counts_plane_filters, "Your filters of the 3-D layer are flat. Each has k planes."),
            Misconception(counts_one_channel, "Your filters of the 3-D layer read one channel. Each spans all c_in."),
            Misconception(counts_without_m, "Your first step has c_out filters. It has m, and the second step reads m maps."),
            Misconception(counts_time_reads_the_input, "Your second step reads the c_in channels. It reads the m maps of the first."),
            Misconception(counts_multiplies_the_steps, "You multiplied the weights of the two steps. They add up."),
            Misconception(counts_one_step, "Your pseudo-3-D layer lacks its second step, the filters along time."),
        ),
        section="signals.html#pseudo3d-conv",
    ),
    Exercise(
        "ecg_net",
        ecg_net,
        wrong=(
            Misconception(net_without_norms, "The batch norms are missing, one behind each convolution."),
            Misconception(net_with_biases, "Your convolutions have biases. The batch norms bring their own shift, so bias=False."),
            Misconception(net_without_relu, "There is no ReLU behind your batch norms."),
            Misconception(net_norm_behind_relu, "Your batch norms stand behind the ReLUs. The table has them before."),
            Misconception(net_three_poolings, "You pool three times. Step 3 has no pooling."),
            Misconception(net_one_pooling, "You pool once. Steps 1 and 2 both do."),
            Misconception(net_mean_pooling, "You pool with the mean in steps 1 and 2. The table says maximum."),
            Misconception(net_maximum_over_time, "Step 4 is the average over time; yours takes the maximum."),
            Misconception(net_without_padding, "Your convolutions are not padded, so the strip becomes shorter in each."),
            Misconception(net_seven_everywhere, "All your filters have 7 samples. Steps 2 and 3 have 5 and 3."),
            Misconception(net_head_without_bias, "The linear layer has a bias for each class."),
            Misconception(net_with_softmax, "You applied a softmax at the end. In PyTorch it is part of the loss: the network gives scores."),
        ),
        section="signals.html#sig-1d-cnn",
    ),
)  # fmt: skip
