"""The names that public code gives to the things a backward pass is made of.

Counted in 64 projects; a name stands here because somebody uses it. Data only.
"""

from __future__ import annotations

FORWARD = tuple(
    """
    forward forward_pass forward_propagation forward_prop forwardprop feed_forward feedforward fprop propagate normalize
    compute fn loss calculate apply run predict __call__
    """.split()
)
BACKWARD = tuple(
    """
    backward backward_pass backward_propagation backward_prop back_propagation back_propogate back_propagate
    backpropagate backpropagation backprop back_prop bprop gradient grad gradients derivative vjp bptt pullback
    """.split()
)
UPSTREAM = frozenset(
    """
    dout d_out dout_ dy dY d_y d_Y dz dZ d_z da dA d_a dh dH dv dvalues d_values dvalue dl dL d_l dL_dout dL_dy dL_dY
    dLdy dLdY dEdY dE_dY dE_dy grad grads grad_out grad_output grad_outputs grads_out gradient gradients output_gradient
    out_grad output_grad gradient_output grad_y grad_Y accum_grad accumulated_gradient upstream upstream_grad
    upstream_gradient upstream_grads g gy gY gout g_out delta delta_out error err output_error dscores dprobs dlogits
    dloss d d_output doutput doutputs seed cotangent ct ybar y_bar dnext d_next dnext_layer top_diff dA_curr dE dJ
    """.split()
)
CACHE = frozenset(
    "cache caches saved memory mem residuals residual res ctx context stash tape state cached store".split()
)
OUTPUT = frozenset("out output outputs y Y a A z Z h H activation activations y_hat yhat result value values".split())
OUTPUT_ATTRIBUTES = tuple(
    """
    output out outputs Y y A a Z z H h y_hat activation activations result value _output _out last_output
    """.split()
)
# A parameter of backward that moves the layer's own parameters: a step of rate 1 is the gradient.
RATE = frozenset("learning_rate learn_rate lr eta alpha rate step_size learningRate".split())
LEARNING_RATE = frozenset("learning_rate learn_rate lr learningRate".split())
TRAINING = frozenset("training train is_train is_training train_flag train_flg train_mode".split())
CONTEXT = frozenset("ctx context self_ctx".split())

# How the gradient of a slot called NAME is called, besides lying under the same key of another store.
GRADIENT_OF = tuple(
    """
    d{} d_{} _d{} _d_{} D{} d{}s {}_grad {}_grads {}grad {}_gradient {}_gradients grad_{} grads_{} grad{} gradient_{}
    gradients_{} g_{} g{} dL_d{} dLd{} dE_d{} dEd{} dJ_d{} dJd{} delta_{} delta{} {}_d {}_delta nabla_{} {}_bar
    """.split()
)
# The gradient of an input that backward does not return.
INPUT_GRADIENTS = tuple(
    """
    dinputs dinput d_input d_inputs dx dX d_x dA_prev dZ dA grad_input input_grad input_gradient gradient_input delta
    downstream grad_x
    """.split()
)
GRADIENT_STORES = frozenset("grads grad gradients gradient dparams d_params derivatives grads_ _grads".split())
VALUE_FIELDS = ("data", "value", "values", "val", "param")
GRADIENT_FIELDS = ("grad", "gradient", "_grad", "dvalue", "grads")
