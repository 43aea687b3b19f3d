"""Pairs of functions with a cache, in the manner of the CS231n assignments."""

import numpy as np

from tests.zoo.entry import Entry


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(x.shape[0], -1).T @ dout, dout.sum(axis=0)


def affine_backward_averaged(dout, cache):
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw, db / len(dout)


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def affine_relu_forward(x, w, b):
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_relu_backward(dout, cache):
    fc_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), fc_cache)


def affine_relu_backward_without_mask(dout, cache):
    return affine_backward(dout, cache[0])


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if bn_param["mode"] != "train":
        raise ValueError(bn_param["mode"])
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    running = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    bn_param["running_mean"] = momentum * running + (1 - momentum) * mean
    return gamma * x_hat + beta, (x_hat, gamma, std)


def batchnorm_backward(dout, cache):
    x_hat, gamma, std = cache
    dx_hat = dout * gamma
    dx = (dx_hat - dx_hat.mean(0) - x_hat * (dx_hat * x_hat).mean(0)) / std
    return dx, (dout * x_hat).sum(0), dout.sum(0)


def batchnorm_backward_of_mean_only(dout, cache):
    x_hat, gamma, std = cache
    dx_hat = dout * gamma
    return (dx_hat - dx_hat.mean(0)) / std, (dout * x_hat).sum(0), dout.sum(0)


def layernorm_forward(x, gamma, beta, eps=1e-5):
    x_hat = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps)
    return gamma * x_hat + beta, {"x_hat": x_hat, "gamma": gamma, "std": np.sqrt(x.var(1, keepdims=True) + eps)}


def layernorm_backward(dout, cache):
    x_hat, d = cache["x_hat"], dout * cache["gamma"]
    dx = (d - d.mean(1, keepdims=True) - x_hat * (d * x_hat).mean(1, keepdims=True)) / cache["std"]
    return dx, (dout * x_hat).sum(0), dout.sum(0)


def layernorm_backward_over_samples(dout, cache):
    x_hat, d = cache["x_hat"], dout * cache["gamma"]
    dx = (d - d.mean(0) - x_hat * (d * x_hat).mean(0)) / cache["std"]
    return dx, (dout * x_hat).sum(0), dout.sum(0)


def dropout_forward(x, dropout_param):
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])  # noqa: NPY002
    p, mask = dropout_param["p"], None
    if dropout_param["mode"] == "train":
        mask = (np.random.rand(*x.shape) < p) / p  # noqa: NPY002
        x = x * mask
    return x, (dropout_param, mask)


def dropout_backward(dout, cache):
    _, mask = cache
    return dout * mask


def dropout_backward_scaled_twice(dout, cache):
    dropout_param, mask = cache
    return dout * mask / dropout_param["p"]


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, _, H, W), (F, _, HH, WW) = x.shape, w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = xp[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache, shift=0):
    x, w, _, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    _, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            here = (slice(None), slice(None), slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW))
            dw += np.tensordot(dout[:, :, i, j], xp[here], axes=(0, 0))
            dxp[here] += np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
    inside = slice(pad - shift, -pad - shift)
    return dxp[:, :, inside, inside], dw, dout.sum(axis=(0, 2, 3))


def conv_backward_shifted(dout, cache):
    return conv_backward_naive(dout, cache, shift=1)


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h**2)
    return dz @ Wx.T, dz @ Wh.T, x.T @ dz, prev_h.T @ dz, dz.sum(0)


def rnn_forward(x, h0, Wx, Wh, b):
    h, caches, prev_h = np.zeros((*x.shape[:2], h0.shape[1])), [], h0
    for t in range(x.shape[1]):
        prev_h, cache = rnn_step_forward(x[:, t], prev_h, Wx, Wh, b)
        h[:, t] = prev_h
        caches.append(cache)
    return h, caches


def rnn_backward(dh, cache, carry=1):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dprev_h, dWx, dWh, db = np.zeros((N, T, D)), np.zeros((N, H)), np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    for t in range(T)[::-1]:
        dx[:, t], dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t] + carry * dprev_h, cache[t])
        dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
    return dx, dprev_h, dWx, dWh, db


def rnn_backward_without_carry(dh, cache):
    return rnn_backward(dh, cache, carry=0)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    a = x @ Wx + prev_h @ Wh + b
    ai, af, ao, ag = np.split(a, 4, axis=1)
    i, f, o, g = (1 / (1 + np.exp(-ai)), 1 / (1 + np.exp(-af)), 1 / (1 + np.exp(-ao)), np.tanh(ag))
    next_c = f * prev_c + i * g
    return o * np.tanh(next_c), next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache, through_h=True):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    dc = dnext_c + (dnext_h * o * (1 - tanh_c**2) if through_h else 0)
    do = dnext_h * tanh_c
    da = np.hstack((dc * g * i * (1 - i), dc * prev_c * f * (1 - f), do * o * (1 - o), dc * i * (1 - g**2)))
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(0)


def lstm_step_backward_without_output(dnext_h, dnext_c, cache):
    return lstm_step_backward(dnext_h, dnext_c, cache, through_h=False)


def word_embedding_forward(x, W):
    return W[x], (x, W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    np.add.at(dW, x, dout)
    return dW


def word_embedding_backward_overwriting(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    dW[x] = dout
    return dW


def _entry(name, forward, right, wrong, leaves, blamed, **options):
    return Entry(name, "CS231n", "pair", lambda: (forward, right), lambda: (forward, wrong), leaves, blamed, options)


RNN = {"x": (2, 4), "prev_h": (2, 3), "Wx": (4, 3), "Wh": (3, 3), "b": (3,)}
LSTM = {"x": (2, 4), "prev_h": (2, 3), "prev_c": (2, 3), "Wx": (4, 12), "Wh": (3, 12), "b": (12,)}
NORM = {"x": (5, 4), "gamma": (4,), "beta": (4,)}
# fmt: off
CACHED = (
    _entry("affine-cached", affine_forward, affine_backward, affine_backward_averaged,
           {"x": (4, 3, 2), "w": (6, 5), "b": (5,)}, ("b",)),
    _entry("relu-cached", relu_forward, relu_backward, lambda dout, cache: dout * (cache > 0.1), {"x": (5, 6)}, ("x",)),
    _entry("affine-relu", affine_relu_forward, affine_relu_backward, affine_relu_backward_without_mask,
           {"x": (4, 3), "w": (3, 5), "b": (5,)}, ("x", "w", "b")),
    _entry("batchnorm-param", batchnorm_forward, batchnorm_backward, batchnorm_backward_of_mean_only,
           {**NORM, "bn_param": {"mode": "train"}}, ("x",)),
    _entry("layernorm-dict", layernorm_forward, layernorm_backward, layernorm_backward_over_samples,
           {**NORM, "eps": 1e-5}, ("x",)),
    _entry("dropout-seeded", dropout_forward, dropout_backward, dropout_backward_scaled_twice,
           {"x": (5, 6), "dropout_param": {"mode": "train", "p": 0.6, "seed": 3}}, ("x",)),
    _entry("dropout-cached", dropout_forward, dropout_backward, dropout_backward_scaled_twice,
           {"x": (5, 6), "dropout_param": {"mode": "train", "p": 0.6}}, ("x",)),
    _entry("conv-naive", conv_forward_naive, conv_backward_naive, conv_backward_shifted,
           {"x": (2, 3, 6, 7), "w": (4, 3, 3, 3), "b": (4,), "conv_param": {"stride": 1, "pad": 1}}, ("x",)),
    _entry("rnn-step", rnn_step_forward, rnn_step_backward, lambda dnext_h, cache: rnn_step_backward(2 * dnext_h, cache),
           RNN, tuple(RNN)),
    _entry("rnn-steps", rnn_forward, rnn_backward, rnn_backward_without_carry,
           {"x": (2, 4, 4), "h0": (2, 3), "Wx": (4, 3), "Wh": (3, 3), "b": (3,)}, ("x", "Wx", "Wh", "b", "h0")),
    _entry("lstm-step", lstm_step_forward, lstm_step_backward, lstm_step_backward_without_output, LSTM, tuple(LSTM)),
    _entry("word-embedding", word_embedding_forward, word_embedding_backward, word_embedding_backward_overwriting,
           {"x": np.array([[0, 3, 1], [2, 1, 0]]), "W": (5, 4)}, ("W",)),
)
# fmt: on
