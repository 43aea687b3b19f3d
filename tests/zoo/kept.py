"""Objects whose backward returns the input's gradient and keeps those of the parameters.

Written in the manner of joelnet, deep-learning-from-scratch 1 and 2, tinynn, numpy-ml and others: their signatures,
attribute names and ways of keeping state. Foreign code on purpose: house rules do not hold inside the layers.
"""

import numpy as np

from tests.zoo.entry import Entry, drawn


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.x = self.original_x_shape = self.dW = self.db = None

    def forward(self, x):
        self.original_x_shape = x.shape
        self.x = x.reshape(x.shape[0], -1)
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx.reshape(*self.original_x_shape)


class AffineUntransposed(Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = np.dot(dout.T, self.x)  # square W: the shape does not tell
        return dx


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class ReluOfUpstream(Relu):
    def backward(self, dout):
        dout[dout <= 0] = 0
        return dout


class BatchNormalization:
    def __init__(self, gamma, beta, momentum=0.9, running_mean=None, running_var=None):
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.input_shape = None
        self.running_mean, self.running_var = running_mean, running_var
        self.batch_size = self.xc = self.std = self.dgamma = self.dbeta = None

    def forward(self, x, train_flg=True):
        self.input_shape = x.shape
        if self.running_mean is None:
            self.running_mean, self.running_var = np.zeros(x.shape[1]), np.zeros(x.shape[1])
        if train_flg:
            mu = x.mean(axis=0)
            self.xc = x - mu
            var = np.mean(self.xc**2, axis=0)
            self.std = np.sqrt(var + 10e-7)
            self.xn = self.xc / self.std
            self.batch_size = x.shape[0]
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
            xn = self.xn
        else:
            xn = (x - self.running_mean) / np.sqrt(self.running_var + 10e-7)
        return self.gamma * xn + self.beta

    def backward(self, dout):
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std + self.through_variance(dxn)
        return dxc - np.sum(dxc, axis=0) / self.batch_size

    def through_variance(self, dxn):
        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)
        return (2.0 / self.batch_size) * self.xc * 0.5 * dstd / self.std


class BatchNormalizationWithConstantVariance(BatchNormalization):
    def through_variance(self, dxn):
        return 0.0


def im2col(x, size, stride, pad):
    n, c, h, w = x.shape
    out_h, out_w = (h + 2 * pad - size) // stride + 1, (w + 2 * pad - size) // stride + 1
    img = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.zeros((n, c, size, size, out_h, out_w))
    for i in range(size):
        for j in range(size):
            col[:, :, i, j] = img[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * out_h * out_w, -1)


def col2im(col, shape, size, stride, pad):
    n, c, h, w = shape
    out_h, out_w = (h + 2 * pad - size) // stride + 1, (w + 2 * pad - size) // stride + 1
    col = col.reshape(n, out_h, out_w, c, size, size).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    for i in range(size):
        for j in range(size):
            img[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride] += col[:, :, i, j]
    return img[:, :, pad : h + pad, pad : w + pad]


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x):
        self.x, (n, _, h, w), (fn, _, size, _) = x, x.shape, self.W.shape
        out_h = (h + 2 * self.pad - size) // self.stride + 1
        out_w = (w + 2 * self.pad - size) // self.stride + 1
        self.col, self.col_W = im2col(x, size, self.stride, self.pad), self.W.reshape(fn, -1).T
        out = self.col @ self.col_W + self.b
        return out.reshape(n, out_h, out_w, -1).transpose(0, 3, 1, 2)

    def backward(self, dout):
        fn, c, size, _ = self.W.shape
        dout = self.rows(dout, fn)
        self.db = np.sum(dout, axis=0)
        self.dW = (self.col.T @ dout).transpose(1, 0).reshape(fn, c, size, size)
        return col2im(dout @ self.col_W.T, self.x.shape, size, self.stride, self.pad)

    def rows(self, dout, fn):
        return dout.transpose(0, 2, 3, 1).reshape(-1, fn)


class ConvolutionReshaped(Convolution):
    def rows(self, dout, fn):
        return dout.reshape(-1, fn)  # channels first, read as if they were last


class Pooling:
    def __init__(self, pool, stride):
        self.pool, self.stride = pool, stride

    def forward(self, x):
        n, c, h, w = x.shape
        out_h, out_w = 1 + (h - self.pool) // self.stride, 1 + (w - self.pool) // self.stride
        col = im2col(x, self.pool, self.stride, 0).reshape(-1, self.pool**2)
        self.x, self.arg_max = x, np.argmax(col, axis=1)
        return np.max(col, axis=1).reshape(n, out_h, out_w, c).transpose(0, 3, 1, 2)

    def backward(self, dout):
        dout = dout.transpose(0, 2, 3, 1)
        dmax = np.zeros((dout.size, self.pool**2))
        dmax[np.arange(dout.size), self.arg_max] = dout.flatten()
        return self.spread(dmax.reshape(dout.shape[0] * dout.shape[1] * dout.shape[2], -1))

    def spread(self, dcol):
        return col2im(dcol, self.x.shape, self.pool, self.stride, 0)


class PoolingToEveryEntry(Pooling):
    def backward(self, dout):
        each = dout.transpose(0, 2, 3, 1).reshape(-1, 1).repeat(self.pool**2, axis=1)
        return self.spread(each.reshape(dout.shape[0] * dout.shape[2] * dout.shape[3], -1))


class Dropout:
    def __init__(self, dropout_ratio=0.5):
        self.dropout_ratio, self.mask = dropout_ratio, None

    def forward(self, x, train_flg=True):
        if train_flg:
            self.mask = np.random.rand(*x.shape) > self.dropout_ratio  # noqa: NPY002
            return x * self.mask
        return x * (1.0 - self.dropout_ratio)

    def backward(self, dout):
        return dout * self.mask


class DropoutInTestMode(Dropout):
    def backward(self, dout):
        return dout * (1.0 - self.dropout_ratio)


class Slotted:
    """No __dict__: attributes are slots."""

    __slots__ = ("bias", "bias_grad", "kernel", "kernel_grad", "seen")

    def __init__(self, kernel, bias):
        self.kernel, self.bias = kernel, bias

    def __call__(self, x):
        self.seen = x
        return x @ self.kernel + self.bias

    def backward(self, grad_output):
        self.kernel_grad, self.bias_grad = self.seen.T @ grad_output, self.total(grad_output)
        return grad_output @ self.kernel.T

    def total(self, grad_output):
        return grad_output.sum(0)


class SlottedMean(Slotted):
    __slots__ = ()

    def total(self, grad_output):
        return grad_output.mean(0)


def _entry(name, style, right, wrong, leaves, blamed, **options):
    return Entry(name, style, "object", right, wrong, leaves, blamed, options)


DLFS = "deep-learning-from-scratch"
KEPT = (
    _entry("affine", DLFS, lambda: Affine(drawn(4, 4), drawn(4)), lambda: AffineUntransposed(drawn(4, 4), drawn(4)),
           {"x": (3, 4)}, ("W",)),
    _entry("affine-images", DLFS, lambda: Affine(drawn(12, 5), drawn(5)),
           lambda: AffineUntransposed(drawn(12, 12), drawn(12)), {"x": (2, 3, 2, 2)}, ("W",)),
    _entry("relu-in-place", DLFS, Relu, ReluOfUpstream, {"x": (4, 5)}, ("x",)),
    _entry("batch-norm", DLFS, lambda: BatchNormalization(drawn(3), drawn(3)),
           lambda: BatchNormalizationWithConstantVariance(drawn(3), drawn(3)), {"x": (5, 3)}, ("x",)),
    _entry("convolution", DLFS, lambda: Convolution(drawn(3, 2, 3, 3), drawn(3), 2, 1),
           lambda: ConvolutionReshaped(drawn(3, 2, 3, 3), drawn(3), 2, 1), {"x": (2, 2, 7, 5)}, ("x", "W", "b")),
    _entry("pooling", DLFS, lambda: Pooling(2, 1), lambda: PoolingToEveryEntry(2, 1), {"x": (2, 3, 4, 5)}, ("x",)),
    _entry("dropout", DLFS, Dropout, DropoutInTestMode, {"x": (6, 5)}, ("x",)),
    _entry("slots", "hand-made", lambda: Slotted(drawn(3, 2), drawn(2)), lambda: SlottedMean(drawn(3, 2), drawn(2)),
           {"x": (4, 3)}, ("bias",)),
)  # fmt: skip
