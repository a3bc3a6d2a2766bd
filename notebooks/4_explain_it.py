# %% [markdown]
# # 4 · Explain it, and test the explanation
#
# A saliency map colours the pixels that moved a network's answer. It is easily made and easily believed. Here you
# compute the most used maps by hand, compare them with Captum, and then do what is often left out: you test them.
# **60 minutes.**
#
# Replace the dots `...` by your own code and run the cell. `check` tells you what is wrong, `hint("4.1")` helps, and
# the last cell counts your points.
#
# *For teaching only; nothing here is a diagnosis. The film and its box: NIH Clinical Center, ChestX-ray14 (Wang et al.,
# CVPR 2017).*

# %%
# In Colab, or wherever the course is not installed: %pip install PATH-OR-ADDRESS-OF-THE-COURSE, then restart.
import copy

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam

from cnn.handson.check import check, hint, points, ready
from cnn.handson.exercises import explanations as given

torch.set_num_threads(1)
network = given.network()  # the Lecture CNN: five times CONV, ReLU, POOL; then fc
x = given.film()  # (1, 1, 128, 128): an adult's film with PNEUMONIA, mean 0, standard deviation 1
box = given.box()  # (128, 128): inside the box that a radiologist drew around the finding
print(f"P(PNEUMONIA) = {float(network(x).softmax(1)[0, 1]):.3f}; the box covers {box.mean():.1%} of the film.")

# %% [markdown]
# ## 4.1 The gradient
#
# If this pixel got a little brighter, how would the logit of the class change? That is the gradient of the **logit** with
# respect to the film. Compute it with PyTorch's autograd, with its sign.


# %%
def gradient(network, x, target):
    """Return the gradient of the logit of class ``target`` with respect to x (1, 1, H, W)."""
    # BEGIN SOLUTION
    x = x.clone().requires_grad_()
    network(x)[0, target].backward()
    return x.grad
    # END SOLUTION


check("4.1", gradient)

# %% [markdown]
# ## 4.2 Why the logit and not the probability?
#
# P(PNEUMONIA) is the sigmoid of the margin m, the difference of the two logits. So the gradient of P is the gradient of m
# times a **factor** that depends on P alone. Which? What does it do to the map of a film about which the network is sure?


# %%
def factor(p):
    """Return dP/dm, as a function of P."""
    return p * (1 - p)  # SOLUTION


check("4.2", factor)

# %% [markdown]
# ## 4.3 Integrated gradients
#
# A gradient is local: once an opacity is plainly there, a little more of it changes nothing. Integrated gradients walk
# from a **baseline** (here 0, the film's own mean grey) to the film and take the mean of the gradients on the way, times
# the way itself:
#
# $$\text{IG} = (x - 0) \cdot \frac1n \sum_{k=0}^{n-1} \nabla f\Big(\frac{k + \frac12}{n}\, x\Big)$$


# %%
def integrated_gradients(network, x, target, steps):
    """Return integrated gradients of the logit, like x."""
    # BEGIN SOLUTION
    total = torch.zeros_like(x)
    for k in range(steps):
        total += gradient(network, x * (k + 0.5) / steps, target)
    return x * total / steps
    # END SOLUTION


check("4.3", integrated_gradients)

# %% [markdown]
# ## 4.4 The books must balance
#
# Integrated gradients are **complete**: the map's sum is the logit of the film less the logit of the baseline. Return by
# how much a map misses that.


# %%
def completeness_gap(attribution, at_film, at_baseline):
    """Return the sum of the map less what it should be; two logits are given as numbers."""
    return float(attribution.sum() - (at_film - at_baseline))  # SOLUTION


check("4.4", completeness_gap)

# %%
if ready("4.1", "4.3", "4.4"):
    with torch.no_grad():
        at_film, at_baseline = (float(network(each)[0, 1]) for each in (x, torch.zeros_like(x)))
    for steps in (2, 8, 32):
        mine = integrated_gradients(network, x, 1, steps)
        print(f"{steps:2} steps: the sum misses {completeness_gap(mine, at_film, at_baseline):+.3f}")
    captum = IntegratedGradients(network).attribute(x, baselines=0, target=1, n_steps=32, method="riemann_middle")
    print(f"Captum's map differs from mine by at most {float((captum - mine).abs().max()):.1e}")

# %% [markdown]
# ## 4.5 Grad-CAM
#
# The last maps of the network are coarse, but each stands for a feature. Grad-CAM gives each map one weight, the **mean**
# of the logit's gradient over the map, adds the weighted maps up and keeps what is positive.


# %%
def grad_cam(maps, gradients):
    """Return Grad-CAM (h, w) from maps (C, h, w) and the gradient of the logit with respect to them (C, h, w)."""
    # BEGIN SOLUTION
    weights = gradients.mean(axis=(1, 2))
    return np.maximum((weights[:, None, None] * maps).sum(axis=0), 0)
    # END SOLUTION


check("4.5", grad_cam)

# %% [markdown]
# ## 4.6 The same with Captum
#
# Compute Grad-CAM of `x` for PNEUMONIA (class 1) at `network.relu5` with Captum's `LayerGradCam`, and enlarge it to
# 128 x 128 with `LayerAttribution.interpolate(..., interpolate_mode="bilinear")`. Read its documentation: one option
# has a default that the paper does not have.

# %%
cam = ...
# BEGIN SOLUTION
cam = LayerGradCam(network, network.relu5).attribute(x, target=1, relu_attributions=True)
cam = LayerAttribution.interpolate(cam, (128, 128), interpolate_mode="bilinear").detach()
# END SOLUTION
check("4.6", cam)

# %% [markdown]
# # Should we believe them?
#
# ## 4.7 How alike are two maps?
#
# Maps have no unit, so compare the **order** of their pixels: Spearman's rank correlation, which is the (Pearson)
# correlation of the ranks. No ties occur here.


# %%
def rank_correlation(one, other):
    """Return Spearman's correlation of two arrays of the same shape."""
    # BEGIN SOLUTION
    ranks = [values.ravel().argsort().argsort() for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])
    # END SOLUTION


check("4.7", rank_correlation)

# %% [markdown]
# ## 4.8 The randomisation test
#
# If a map explains *this* network, it must change when the network's weights are replaced by random ones (Adebayo et
# al., 2018). Return a **copy** of the network in which the layer called `name` has new random weights.


# %%
def randomise(network, name):
    """Return a copy with a re-initialised layer; the network itself stays as it is."""
    # BEGIN SOLUTION
    changed = copy.deepcopy(network)
    changed.get_submodule(name).reset_parameters()
    return changed
    # END SOLUTION


check("4.8", randomise)

# %%
if ready("4.1", "4.3", "4.7", "4.8"):
    torch.manual_seed(0)
    random_fc = randomise(network, "fc")
    edges = np.abs(np.diff(x[0, 0].numpy(), axis=0, append=0))  # knows nothing of any network
    methods = {
        "gradient": lambda n: gradient(n, x, 1)[0, 0].abs().numpy(),
        "integrated gradients": lambda n: integrated_gradients(n, x, 1, 16)[0, 0].numpy(),
        "edges of the film": lambda n: edges,
    }
    for name, method in methods.items():
        print(f"{name:21} before and after: {rank_correlation(method(network), method(random_fc)):+.2f}")

# %% [markdown]
# **Think.** One of the three must be 1, whatever the network. What does that say about maps that "look right" because
# they show ribs and the outline of the heart?
#
# ## 4.9 The deletion test
#
# If the map names the pixels that matter, deleting them should lower P quickly. Set the most important pixels to 0 (the
# mean grey), a growing share of them in `steps` equal steps, and note P(target) each time, beginning with the whole
# film: `steps + 1` values.


# %%
def deletion(network, x, heat, target, steps):
    """Return P(target) after 0, 1, ... steps; heat is (H, W), the largest values are the most important."""
    # BEGIN SOLUTION
    order = (-heat).ravel().argsort(kind="stable")
    scores = []
    for step in range(steps + 1):
        deleted = x.clone()
        deleted.view(-1)[torch.from_numpy(order[: round(step / steps * len(order))].copy())] = 0
        with torch.no_grad():
            scores.append(float(network(deleted).softmax(1)[0, target]))
    return scores
    # END SOLUTION


check("4.9", deletion)

# %%
if ready("4.1", "4.3", "4.6", "4.9"):
    heats = {
        "integrated gradients": integrated_gradients(network, x, 1, 16)[0, 0].numpy(),
        "Grad-CAM": cam[0, 0].numpy(),
        "pixels in random order": np.random.default_rng(0).random((128, 128)),
    }
    for name, heat in heats.items():
        curve = deletion(network, x, heat, 1, 10)
        print(f"{name:23} mean of the curve {np.mean(curve):.2f}:", " ".join(f"{p:.2f}" for p in curve))

# %% [markdown]
# The random order is what a map has to beat. Deleting pixels also makes films that no hospital has ever seen, and a
# network may answer anything to those: the test is useful, but not the last word.
#
# ## 4.10 Does it lie on the finding?
#
# For this film a radiologist drew a box. Return the share of the map's **positive** values that lies inside a mask.


# %%
def share_inside(heat, mask):
    """Return the share, 0 to 1; heat (H, W), mask (H, W) bool."""
    # BEGIN SOLUTION
    positive = np.maximum(heat, 0)
    return float(positive[mask].sum() / positive.sum())
    # END SOLUTION


check("4.10", share_inside)

# %%
if ready("4.1", "4.3", "4.6", "4.9", "4.10"):
    for name, heat in heats.items():
        print(f"{name:23} {share_inside(heat, box):.1%} inside the box, which is {box.mean():.1%} of the film")

# %% [markdown]
# ## 4.11 What counts as evidence?
#
# A paper shows maps of its network. Which of these speaks most for it that the maps explain **the network**?
#
# - **a** They lie inside the radiologists' boxes in 80 % of the films.
# - **b** They change completely when the weights are randomised, and deleting their strongest pixels lowers P much
#   faster than deleting random ones.
# - **c** Their sum is exactly the logit's difference from the baseline.
# - **d** They are smooth and free of noise, and radiologists find them plausible.

# %%
evidence = "b"  # SOLUTION
check("4.11", evidence)

# %% [markdown]
# ## What you now have
#
# Three methods, and three tests that you can run on any map of any network. The page "Method bench" of the course has
# ten methods measured in this way on hundreds of films.

# %%
points(4, "Your name")
