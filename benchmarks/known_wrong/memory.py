"""Memory: strides that are not looked at, arguments that are written into, buffers that are kept, numbers drawn anew."""

import numpy as np

from benchmarks.known_wrong.case import Bug, bug
from nnverify import leaf


def as_stored(a):
    """The numbers as they lie in memory, read as if they were in C order. An expanded axis is stored once."""
    stored = a[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in a.strides)]
    flat = np.zeros(a.size, a.dtype)
    flat[: stored.size] = stored.ravel(order="K")
    return flat.reshape(a.shape)


def attention(q, k):
    return q @ k.T


def mean_of_two(x):
    return x.mean(axis=1)


def mean_right(dout, x):
    return np.broadcast_to(dout[:, None] / x.shape[1], x.shape).copy()


def causal(x, w):
    """A convolution along time, each channel by itself."""
    padded = np.concatenate([np.zeros((len(w) - 1, x.shape[1])), x])
    return sum(w[i] * padded[i : i + len(x)] for i in range(len(w)))


def causal_right(dout, x, w):
    T, d = len(x), len(w)
    padded = np.concatenate([np.zeros((d - 1, x.shape[1])), x])
    late = np.concatenate([dout, np.zeros((d - 1, x.shape[1]))])
    dx = sum(w[i] * late[d - 1 - i : d - 1 - i + T] for i in range(d))
    return dx, np.stack([np.sum(dout * padded[i : i + T], axis=0) for i in range(d)])


def cross_entropy(x, t):
    top = x.max(axis=1, keepdims=True)
    return (top + np.log(np.sum(np.exp(x - top), axis=1, keepdims=True)))[:, 0] - x[np.arange(len(x)), t]


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy_right(dout, x, t):
    return dout[:, None] * (softmax(x) - np.eye(x.shape[1])[t])


def expanded_wrong(dout, x):
    """Gradients are written through the strides of the input: all of them land on what is stored once."""
    dx = 2 * dout * x
    if 0 in x.strides and x.size > 1:
        keep = np.zeros(x.shape, bool)
        keep[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in x.strides)] = True
        dx = np.where(keep, dx, 0.0)
    return dx


def liger(x, t):
    """Writes the softmax, which backward needs, over the logits."""
    out = cross_entropy(x, t)
    x[...] = softmax(x)
    return out


def liger_back(dout, x, t):
    return dout[:, None] * (x - np.eye(x.shape[1])[t])


def saved_exp(x):
    y = np.exp(x)
    return y, (y,)


def saved_right(dout, cache):
    return dout * cache[0]


def saved_wrong(dout, cache):
    y = cache[0]
    y *= dout
    return y


def mutating(dout, x):
    dout *= x > 0
    return dout


def with_workspace(cleared):
    """An affine layer that adds its gradient into a buffer that lives as long as the layer."""
    kept = {}

    def backward(dout, x, W):
        dW = kept.setdefault(W.shape, np.zeros_like(W))
        if cleared:
            dW[...] = 0.0
        dW += x.T @ dout
        return dout @ W.T, dW.copy()

    return (lambda x, W: x @ W), backward


def stale_statistics(kept):
    """Normalises by statistics; the wrong one's backward takes those of the last forward, whichever that was."""
    last = {}

    def forward(x):
        last["scale"] = 1 / np.sqrt(np.mean(x**2) + 1e-5)
        return x * last["scale"]

    def backward(dout, x):
        scale = last["scale"] if kept else 1 / np.sqrt(np.mean(x**2) + 1e-5)
        return scale * dout - x * scale**3 * np.sum(dout * x) / x.size

    return forward, backward


def dropout(redrawn):
    """The mask of a layer; the wrong one's backward draws its own."""
    rng = np.random.default_rng(3)
    masks = {}

    def forward(x):
        if x.shape not in masks:
            masks[x.shape] = rng.random(x.shape) > 0.4
        return x * masks[x.shape]

    def backward(dout, x):
        return dout * (rng.random(x.shape) > 0.4 if redrawn else masks[x.shape])

    return forward, backward


X = leaf((4, 3))
LABELS = leaf((4,), integers_below=3)
CHANNELS = "T c"

# fmt: off
MEMORY = (
    bug("upstream-strided", "Dao-AILab/flash-attention#355", "LY", "g read as if it were in C order", attention,
        lambda dout, q, k: (dout @ k, dout.T @ q), lambda dout, q, k: (as_stored(dout) @ k, as_stored(dout).T @ q),
        {"q": (4, 3), "k": (5, 3)}),
    bug("mean-strided", "torch/nn!345", "LY", "g read as if it were in C order", lambda x: x.mean(axis=2),
        lambda dout, x: np.repeat(dout[:, :, None], x.shape[2], 2) / x.shape[2],
        lambda dout, x: np.repeat(as_stored(dout)[:, :, None], x.shape[2], 2) / x.shape[2], {"x": (3, 2, 4)}),
    bug("conv-strided", "fla-org/flash-linear-attention!871", "LY", "g read with a stride that is written down", causal,
        causal_right, lambda dout, x, w: causal_right(as_stored(dout), x, w), {"x": CHANNELS, "w": "k c"}),
    bug("kernel-strided", "huggingface/candle#3735", "LY", "a transposed kernel read as it is stored",
        lambda x, w: x @ w, lambda dout, x, w: (dout @ w.T, x.T @ dout),
        lambda dout, x, w: (dout @ as_stored(w).T, x.T @ dout), {"x": (4, 3), "w": (3, 3)}),
    bug("upstream-expanded", "ROCm/TransformerEngine!623", "LY", "one number expanded, read as many", cross_entropy,
        cross_entropy_right, lambda dout, x, t: cross_entropy_right(as_stored(dout), x, t), {"x": X, "t": LABELS}),
    bug("input-expanded", "pytorch/pytorch#30303", "LY", "the gradient of an expanded input lands on one row",
        lambda x: x**2, lambda dout, x: 2 * dout * x, expanded_wrong, {"x": (4, 3)}),
    Bug("logits-overwritten", "linkedin/Liger-Kernel (cross entropy)", "AL", "forward writes over its input",
        lambda: (cross_entropy, cross_entropy_right), lambda: (liger, liger_back), {"x": X, "t": LABELS}),
    bug("buffer-eaten", "axolotl, SimpleChains (exp)", "AL", "backward multiplies what it has saved, in place", saved_exp,
        saved_right, saved_wrong, {"x": (4, 3)}, convention="cache"),
    bug("upstream-masked", "pytorch/pytorch#81417", "AL", "the upstream masked in place", lambda x: np.maximum(x, 0),
        lambda dout, x: dout * (x > 0), mutating, {"x": (4, 3)}),
    Bug("workspace-kept", "explosion/thinc (bwd_affine)", "ST", "the workspace is never cleared",
        lambda: with_workspace(True), lambda: with_workspace(False), {"x": (4, 3), "W": (3, 2)}),
    Bug("statistics-stale", "torch/cunn, Flux.jl (normalisation)", "ST", "those of the last forward, whichever it was",
        lambda: stale_statistics(False), lambda: stale_statistics(True), {"x": "m n"}),
    Bug("mask-redrawn", "mamba, AOTAutograd (budget)", "ND", "the mask drawn again in backward",
        lambda: dropout(False), lambda: dropout(True), {"x": (4, 3)}),
)
# fmt: on
