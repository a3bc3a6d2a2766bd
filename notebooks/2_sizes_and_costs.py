# %% [markdown]
# # 2 · Sizes, parameters, receptive fields
#
# How large does each layer's output get, what does it cost, and how much of the film does a unit see? Three formulas
# answer this for every convolutional network. Slides 19 to 44 of the lecture. **45 to 60 minutes.**
#
# Replace the dots `...` by your own code and run the cell. `check` tells you what is wrong, `hint("2.1")` helps, and
# the last cell counts your points.

# %%
# In Colab, or wherever the course is not installed: %pip install PATH-OR-ADDRESS-OF-THE-COURSE, then restart.
import torch
from torch import nn

from cnn.handson.check import check, hint, points, ready
from cnn.handson.settings import NETWORKS
from cnn.layers import network_text

# %% [markdown]
# ## 2.1 The size of an output
#
# A filter of size f slides over n cells with stride s, after p zeros were added **at each end**. At how many places does
# it fit? If the last step does not fit completely, it is left out, as PyTorch does.


# %%
def output_size(n, f, s, p):
    """Return the number of places at which a filter fits."""
    return (n + 2 * p - f) // s + 1  # SOLUTION


check("2.1", output_size)

# %% [markdown]
# ## 2.2 Padding that keeps the size
#
# With stride 1, which padding p keeps the size for f = 1, 3, 5 and 7? What goes wrong for f = 4?

# %%
same_padding = [0, 1, 2, 3]  # SOLUTION
check("2.2", same_padding)

# %% [markdown]
# ## 2.3 Parameters of a CONV layer
#
# The input has some `channels`, the layer some `filters` of size f x f. Each filter reaches through **all** channels and
# has one bias.


# %%
def conv_parameters(f, channels, filters):
    """Return the number of weights and biases."""
    return (f * f * channels + 1) * filters  # SOLUTION


check("2.3", conv_parameters)

# %% [markdown]
# **Think.** The size of the film does not occur in it. Why does the same layer work on a film of 64 x 64 and on one of
# 2000 x 2000?
#
# ## 2.4 Multiply-adds
#
# What does it cost to compute the layer's output, if that has `side` x `side` cells in each map? Count multiplications;
# leave the biases out.


# %%
def conv_multiply_adds(side, f, channels, filters):
    """Return the multiplications needed for one film."""
    return side * side * f * f * channels * filters  # SOLUTION


check("2.4", conv_multiply_adds)

# %%
if ready("2.3", "2.4"):
    for side, channels, filters in [(64, 1, 16), (32, 16, 32), (16, 32, 64), (8, 64, 96)]:
        print(
            f"{side:2} x {side:2}, {channels:2} -> {filters:2}: {conv_parameters(3, channels, filters):6,} parameters,",
            f"{conv_multiply_adds(side, 3, channels, filters):9,} multiply-adds",
        )

# %% [markdown]
# Early layers are cheap to store and expensive to compute; late ones the other way round. This is so in almost every
# network.
#
# ## 2.5 The lecture's chain
#
# This network reads a film of 64 x 64 greys. It is written as in the course's builder: `conv 16 3 p1` has 16 filters
# of 3 x 3 with padding 1, `max 2` is a POOL of 2 x 2 with stride 2.

# %%
print(NETWORKS["lecture"])

# %% [markdown]
# List the output shape of each CONV and each POOL (eight in all), channels first as in PyTorch: `(16, 64, 64)`, ...

# %%
shapes = ...
# BEGIN SOLUTION
shapes = []
side = 64
for filters in (16, 32, 64, 96):
    side = output_size(side, 3, 1, 1)
    shapes.append((filters, side, side))
    side = output_size(side, 2, 2, 0)
    shapes.append((filters, side, side))
# END SOLUTION
check("2.5", shapes)

# %% [markdown]
# ## 2.6 All its parameters
#
# How many weights and biases does the whole network have, the last layer `fc 2` included? Compute it; do not count it
# with PyTorch yet.

# %%
total = ...
# BEGIN SOLUTION
total = sum(conv_parameters(3, channels, filters) for channels, filters in [(1, 16), (16, 32), (32, 64), (64, 96)])
total += 96 * 4 * 4 * 2 + 2
# END SOLUTION
check("2.6", total)

# %%
chain = nn.Sequential()
for channels, filters in [(1, 16), (16, 32), (32, 64), (64, 96)]:
    chain.append(nn.Conv2d(channels, filters, 3, padding=1)).append(nn.ReLU()).append(nn.MaxPool2d(2))
chain.append(nn.Flatten()).append(nn.Linear(96 * 4 * 4, 2))
if ready("2.6"):
    print("PyTorch counts", sum(parameter.numel() for parameter in chain.parameters()))

# %% [markdown]
# ## 2.7 And without convolutions?
#
# A fully connected network reads the same film: flatten, `fc 128`, ReLU, `fc 2`. **How many times as many** parameters
# does it have? A number with two decimals is enough.

# %%
ratio = (64 * 64 * 128 + 128 + 128 * 2 + 2) / total  # SOLUTION
check("2.7", ratio)

# %% [markdown]
# # How much does a unit see?
#
# ## 2.8 The receptive field
#
# A unit of the first CONV layer sees 3 x 3 pixels. A unit of the second sees 3 x 3 units of the first, so 5 x 5 pixels.
# A POOL with stride 2 moves its neighbours apart: behind it, one step is two pixels.
#
# `layers` is a list of (f, s), first layer first. Return the side of the field of a unit behind the last one.


# %%
def receptive_field(layers):
    """Return the side of the receptive field, in pixels."""
    # BEGIN SOLUTION
    size, jump = 1, 1
    for f, s in layers:
        size += (f - 1) * jump
        jump *= s
    return size
    # END SOLUTION


check("2.8", receptive_field)

# %%
if ready("2.8"):
    layers = []
    for number in range(1, 5):
        layers += [(3, 1), (2, 2)]
        print(f"Behind CONV and POOL number {number}: {receptive_field(layers)} pixels")

# %% [markdown]
# ## 2.9 Measure it
#
# A formula can be wrong; a gradient cannot. A pixel is in the field of a unit exactly if the unit changes when the pixel
# does, which is to say if the **gradient** of the unit with respect to the pixel is not 0.
#
# Give the network an input of zeros (1, 1, side, side), take one unit from the middle of the first output map, compute
# the gradient with respect to the input, and return how many rows of it hold anything but 0.


# %%
def measured_field(network, side):
    """Return the side of the receptive field of a unit in the middle of the output."""
    # BEGIN SOLUTION
    x = torch.zeros(1, 1, side, side, requires_grad=True)
    y = network(x)
    y[0, 0, y.shape[2] // 2, y.shape[3] // 2].backward()
    return int((x.grad[0, 0] != 0).any(dim=1).sum())
    # END SOLUTION


check("2.9", measured_field)

# %%
if ready("2.9"):
    torch.manual_seed(0)
    for pool in (nn.AvgPool2d(2), nn.MaxPool2d(2)):
        two = nn.Sequential(nn.Conv2d(1, 4, 3), pool, nn.Conv2d(4, 4, 3))
        print(f"{type(pool).__name__}: {measured_field(two, 40)} pixels")

# %% [markdown]
# **Think.** By the formula both see 8 pixels. Why does the network with max pooling seem to see less here? (A max pool
# hands its gradient to one cell of each window. What the unit *could* see is the field; what it *used* for this film is
# a part of it. With an input of zeros, which cell wins?)
#
# ## 2.10 Why small filters
#
# Several layers of 3 x 3 with stride 1, one after the other, see as much as a single layer of 7 x 7. All have C channels
# in and C filters; leave the biases out. **What share of the single layer's weights** do they need together?

# %%
share = 3 * 3 * 3 / (7 * 7)  # SOLUTION
check("2.10", share)

# %% [markdown]
# ## 2.11 Design one
#
# An opacity can be as large as a lung, so a unit should see most of the film. Write a network, as one text in the
# language above, that
#
# - begins with `64x64x1` and ends with `flatten, fc 2`,
# - has **at most 25,000 parameters** (the lecture's chain has more than three times as many),
# - has units in its last maps that see **at least 60 x 60** pixels.

# %%
mine = ...
# BEGIN SOLUTION
mine = (
    "64x64x1, conv 8 3 p1, relu, max 2, conv 16 3 p1, relu, max 2, conv 24 3 p1, relu, max 2, conv 32 3 p1, relu, "
    "max 2, conv 32 3 p1, relu, flatten, fc 2"
)
# END SOLUTION
check("2.11", mine)

# %%
if ready("2.11"):
    for layer, info in zip(network_text.parse(mine).layers, network_text.parse(mine).layer_infos(), strict=True):
        print(f"{layer!s:14} -> {info.output!s:10} {info.parameters.value:7,} parameters")

# %% [markdown]
# ## What you now have
#
# The arithmetic of every convolutional network. Paste your network into the page "Architecture builder", or train it on
# the page "Train a classifier": choose "My own, as text".

# %%
points(2, "Your name")
