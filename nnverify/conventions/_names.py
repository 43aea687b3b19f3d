"""The names that public code gives to the things a backward pass is made of.

Counted in 64 projects; a name stands here because somebody uses it. Data, and the questions asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

FORWARD = tuple(
    """
    forward forward_pass forward_propagation forward_prop forwardprop feed_forward feedforward fprop propagate normalize
    forwards fwd feedForward forwardPass forwardPropagation forward_propagate propagate_forward
    compute call fn loss cost calculate apply run predict begin_update update_output activate activation function func f
    evaluate eval compute_loss compute_cost __call__
    """.split()
)
# Those of an object without a backward, which return the gradients themselves.
ALONE = tuple(
    """
    forward forward_pass loss begin_update forward_backward loss_and_grad compute_loss lossFun loss_fun loss_function
    loss_and_gradient loss_and_gradients cost_and_grad cost_function costFunction objective __call__
    """.split()
)
BACKWARD = tuple(
    """
    backward backward_pass backward_propagation backward_prop back_propagation back_propogate back_propagate
    backpropagate backpropagation backprop back_prop bprop gradient grad gradients derivative prime vjp bptt pullback
    deriv derivate d_activation activation_derivative activation_prime f_prime dfunc df
    backwards bwd backProp backPropagate backPropagation backwardPass backwardPropagation backward_propagate
    propagate_backward compute_gradient compute_gradients calculate_gradient get_gradient
    get_gradients loss_derivative loss_gradient loss_grad loss_prime cost_derivative cost_gradient
    cost_grad derived_eval derivative_at differentiate
    """.split()
)
UPSTREAM = frozenset(
    """
    dout d_out dout_ dy dY d_y d_Y dz dZ d_z da dA d_a dh dH dv dvalues d_values dvalue dl dL d_l dL_dout dL_dy dL_dY
    dLdy dLdY dEdY dE_dY dE_dy grad grads grad_out grad_output grad_outputs grads_out gradient gradients output_gradient
    out_grad output_grad gradient_output grad_y grad_Y accum_grad accumulated_gradient upstream upstream_grad
    upstream_gradient upstream_grads g gy gY gout g_out delta delta_out error err output_error dscores dprobs dlogits
    dloss d d_output doutput doutputs seed cotangent cotangents ct y_bar dnext d_next dnext_layer top_diff dE dJ
    sensitivity sensitivity_array delta_array loss_grad node_grad grad_input residual_grad
    """.split()
)
# d with what stands for an output behind it, such as dnext_h or da_curr; the derivative of a loss by anything, such as
# d_L_d_out or dLdBZ; whatever is called a gradient, a delta or a cotangent.
_UPSTREAM = re.compile(
    r"d_?(next|prev|out|top|h|c|a|y|z|s|v)?_?(out|next|[aAchHyYzZsS])(t|s|_curr|_next|_t)?\d?"
    r"|d_?(L|E|J|C|loss|cost)_?d_?\w+|grad\w*|\w+_grads?|\w*gradients?|\w*cotangents?|delta_?\w*|\w+_delta|upstream\w*"
)

CACHE = frozenset(
    "cache caches saved memory mem residuals residual res ctx context stash tape state cached store".split()
)
OUTPUT = frozenset(
    """
    out output outputs y Y a A h H o O activation activations y_hat Y_hat yhat y_pred pred prediction predictions probs
    AL result value values
    """.split()
)
_OUTPUT = re.compile(r"\w*_(out|outputs?|activations?)|(out|outputs?|activated|post)_\w+")
# Names of what a forward is given: a backward's only parameter with one of these may be that again.
INPUT = frozenset("x X z Z inp input inputs data batch net preact pre_activation preactivation value values".split())
OUTPUT_ATTRIBUTES = tuple(
    """
    output out outputs Y y A a Z z H h y_hat activation activations result value _output _out last_output
    """.split()
)
# A parameter of backward that moves the layer's own parameters: a step of rate 1 is the gradient.
RATE = frozenset("learning_rate learn_rate lr eta alpha rate step_size".split())
LEARNING_RATE = frozenset("learning_rate learn_rate lr".split())
# Parameters of backward that add to the step what is no gradient: none of it.
NOTHING = frozenset(
    "momentum mu reg regularization weight_decay decay l1 l2 lambd lam lmbda lambda_ reg_lambda".split()
)
OPTIMIZER = frozenset("optimizer optim opt".split())
TRAINING = frozenset("training train is_train is_training train_flag train_flg train_mode".split())
# What sets all gradients of an object to zero.
ZERO = tuple("zero_grad zero_grads zero_gradients zeroGrad reset_grad reset_grads reset_gradients clear_grad".split())
# Of a function that returns its own derivative where it is asked for.
SLOPE_FLAGS = frozenset("deriv derivative derive prime grad gradient diff dx derive_z backward derivate".split())
CONTEXT = frozenset("ctx context self_ctx".split())

# Leaves that need no gradient where backward returns none: data of a loss, and numbers that are no parameters.
TARGETS = frozenset(
    """
    target targets label labels y_true Y_true ytrue actual truth ground_truth expected one_hot onehot desired
    true_labels t_true y_train mask
    """.split()
)
TARGETS_OF_LOSSES = frozenset("y Y t T".split())
PREDICTIONS = frozenset(
    """
    y_pred Y_pred ypred y_hat Y_hat yhat pred preds prediction predictions predicted output outputs logits scores
    probs p AL activation a
    """.split()
)
DATA = frozenset("X x data input inputs features images samples batch X_batch x_batch X_train A0 hprev h_prev".split())
SETTINGS = frozenset(
    """
    eps epsilon momentum alpha slope negative_slope p keep_prob dropout drop_prob ratio dropout_ratio rate reg lam
    lambda_ lambd lmbda reg_strength reg_lambda delta margin temperature decay l1 l2 stride pad padding
    """.split()
)
RUNNING = ("running_", "moving_", "ema_")  # statistics that a layer keeps for test mode begin with these

# How the gradient of a slot called NAME is called, besides lying under the same key of another store.
GRADIENT_OF = tuple(
    """
    d{} d_{} _d{} _d_{} D{} d{}s {}_grad {}_grads {}grad {}_gradient {}_gradients grad_{} grads_{} grad{} gradient_{}
    gradients_{} g_{} g{} dL_d{} dLd{} dE_d{} dEd{} dJ_d{} dJd{} d_L_d_{} delta_{} delta{} {}_d {}_delta nabla_{} {}_bar
    {}_g {}_deriv {}_derivative {}_error {}_diff {}Grad d_loss_d_{} dloss_d{} dLoss_d{} dC_d{} dCd{} dcost_d{}
    """.split()
)
# The gradient of an input that backward does not return.
INPUT_GRADIENTS = tuple(
    """
    dinputs dinput d_input d_inputs dx dX d_x dA_prev dZ dA grad_input input_grad input_gradient gradient_input delta
    downstream grad_x
    """.split()
)
GRADIENT_STORES = frozenset(
    "grads grad gradients gradient dparams d_params param_grads derivatives grads_ _grads".split()
)
PARAMETER_STORES = frozenset("params param parameters parameter weights theta variables _params".split())
VALUE_FIELDS = ("data", "value", "values", "val", "param")
GRADIENT_FIELDS = ("grad", "gradient", "_grad", "dvalue", "grads", "derivative", "adjoint", "diff", "g")

# Other words for the same parameter: self.weights with self.dW. Only patterns that are not formulas of their own.
SYNONYMS = tuple(
    frozenset(words.split())
    for words in (
        "W w weight weights kernel kernels _W _w Ws ws",
        "b bias biases _b bs B",
        "gamma scale g",
        "beta shift",
    )
)
SYNONYM_PATTERNS = tuple("d{} d_{} _d{} grad_{} {}_grad {}_grads {}_gradient gradient_{} nabla_{} delta_{}".split())


def like_upstream(name: str) -> bool:
    if name.startswith(("retain_", "create_", "zero_", "need", "requires_", "no_")):
        return False
    return name in UPSTREAM or snake(name) in UPSTREAM or _UPSTREAM.fullmatch(name) is not None


# One of several: g1 beside g2, da beside db, d_out beside d_state, dL_da beside dL_db.
_SEVERAL = re.compile(r"[dg][a-zA-Z]|[dg]_\w+|d[A-Z]_d_?\w+")


def like_upstreams(names: Sequence[str]) -> bool:
    """Whether these are called like the upstreams of several outputs: alike but for a number, a letter or a word."""
    numbered = all(name[-1].isdigit() for name in names) and len({name.rstrip("0123456789") for name in names}) == 1
    return len(names) > 1 and (numbered or all(_SEVERAL.fullmatch(name) for name in names))


def like_output(name: str) -> bool:
    return name in OUTPUT or _OUTPUT.fullmatch(name) is not None


def like_input(name: str) -> bool:
    return len(name) == 1 or name.rstrip("0123456789_") in INPUT


def like_cache(name: str) -> bool:
    return name.lstrip("_") in CACHE or name.endswith(("cache", "caches"))


def snake(name: str) -> str:
    """gradOutput as grad_output."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() if len(name) > 2 else name
