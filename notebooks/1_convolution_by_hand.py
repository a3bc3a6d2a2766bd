# %% [markdown]
# # 1 · Convolution by hand
#
# You write a convolution, its backward pass, and gradient descent, all in NumPy: about 60 lines that hold the whole
# idea behind a convolutional network. Slides 6 to 16 of the lecture. **45 to 60 minutes.**
#
# Replace the dots `...` by your own code and run the cell. `check` tells you what is wrong, `hint("1.1")` helps, and
# the last cell counts your points. Cells build on each other, so go from top to bottom.

# %%
# In Colab, or wherever the course is not installed: %pip install PATH-OR-ADDRESS-OF-THE-COURSE, then restart.
import numpy as np

from cnn.handson.check import check, hint, points, ready
from cnn.handson.films import shipped
from cnn.ops.filter_task import FilterTask

# %% [markdown]
# ## 1.1 Once on paper
#
# The convolution of a signal x with a filter w of length F is
#
# $$y_i = \sum_{k=0}^{F-1} x_{i+k}\; w_{F-1-k}$$
#
# The filter is **flipped**: its last weight meets the first value of the window. Only places count at which the whole
# filter lies on the signal ("valid").
#
# Compute it with pen and paper for x = [2, 5, 1, 4, 3] and w = [1, 0, -1].

# %%
y = [-1, -1, 2]  # SOLUTION
check("1.1", y)

# %% [markdown]
# ## 1.2 In code
#
# Now as a function for any signal and filter. Use a loop over the places; `np.convolve` would be too easy.


# %%
def convolve1d(x, w):
    """Return the convolution of x (N,) with w (F,), at places where the whole filter fits: (N - F + 1,)."""
    # BEGIN SOLUTION
    flipped = w[::-1]
    return np.array([(x[i : i + len(w)] * flipped).sum() for i in range(len(x) - len(w) + 1)])
    # END SOLUTION


check("1.2", convolve1d)

# %% [markdown]
# **Think.** Compare your result of 1.1 with `[2 - 1, 5 - 4, 1 - 3]`, which is what you get without the flip. Flipping
# this filter changes the sign of every output: the same edges are found, but dark-to-bright becomes negative. For which
# filters does the flip change nothing at all?
#
# ## 1.3 Two dimensions, without the flip
#
# A CONV layer learns its weights, so a flip would be pointless: it would simply learn the flipped filter. All libraries
# leave it out and compute the **cross-correlation**. Write it with stride and zero padding. Two loops, over rows and
# columns of the output, are fine.


# %%
def correlate2d(x, w, stride=1, padding=0):
    """Slide w (F, F) over x (H, W) and return the sums of products."""
    # BEGIN SOLUTION
    x = np.pad(x, padding)
    size = len(w)
    rows, columns = ((side - size) // stride + 1 for side in x.shape)
    y = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[i * stride : i * stride + size, j * stride : j * stride + size]
            y[i, j] = (window * w).sum()
    return y
    # END SOLUTION


check("1.3", correlate2d)

# %% [markdown]
# ## 1.4 A filter that moves things
#
# Which 3x3 filter moves a picture **one pixel to the right**, when it is applied with padding 1? Try to see it before
# you try it out.

# %%
move_right = [[0, 0, 0], [1, 0, 0], [0, 0, 0]]  # SOLUTION
check("1.4", move_right)

# %% [markdown]
# ## 1.5 A filter that finds edges
#
# Invent a 3x3 filter that
#
# - gives 0 wherever the picture has one grey,
# - gives 0 on edges that run from left to right (dark above, bright below),
# - gives a **positive** number where dark turns to bright from left to right.
#
# Many filters do. Afterwards, see what yours finds on a real chest film.

# %%
edges = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])  # SOLUTION
check("1.5", edges)

# %%
if ready("1.3", "1.5"):
    film = shipped().train.pixels[0] / 255
    response = correlate2d(film, edges)
    row, column = np.unravel_index(response.argmax(), response.shape)
    print(f"The film has {film.shape} pixels, the response {response.shape}.")
    print(f"The strongest edge is in row {row + 1}, column {column + 1}: {response.max():.2f}.")

# %% [markdown]
# To look at it: `import matplotlib.pyplot as plt; plt.imshow(response, cmap="gray")`.
#
# # The backward pass
#
# So far you chose the weights. Now they are to be **learned** from pairs of an input x and the output t that is wanted.
# The loss is the mean squared error over the n cells of the output,
#
# $$L = \frac1n \sum_{i,j} (y_{ij} - t_{ij})^2 .$$
#
# ## 1.6 From the loss to the errors
#
# How does L change when one cell of y changes? Return dL/dy, an array with the shape of y.


# %%
def loss_gradient(y, t):
    """Return dL/dy for the mean squared error."""
    return 2 * (y - t) / y.size  # SOLUTION


check("1.6", loss_gradient)

# %% [markdown]
# ## 1.7 From the errors to the weights
#
# The weight w[a, b] meets a different input value at every position [i, j], and every time it moves the output there.
# By the chain rule, dL/dw[a, b] is the sum over **all positions** of error times the input value that it met.
#
# Write it with a function that you already have (stride 1, no padding).


# %%
def weight_gradient(x, errors):
    """Return dL/dw (F, F) from the input x (H, W) and the errors dL/dy (H - F + 1, W - F + 1)."""
    # BEGIN SOLUTION
    rows, columns = (side - error + 1 for side, error in zip(x.shape, errors.shape, strict=True))
    gradient = np.zeros((rows, columns))
    for a in range(rows):
        for b in range(columns):
            gradient[a, b] = (x[a : a + errors.shape[0], b : b + errors.shape[1]] * errors).sum()
    return gradient
    # END SOLUTION


check("1.7", weight_gradient)

# %% [markdown]
# ## 1.8 From the errors to the input
#
# In a deep network the input is the output of the layer before, and that layer wants to know its errors: dL/dx. An
# input cell is read by up to F x F windows, each time with another weight. Draw a corner cell: how many windows read
# it, and which weight does it meet there?


# %%
def input_gradient(errors, w):
    """Return dL/dx, larger than the errors by F - 1 in both directions."""
    # BEGIN SOLUTION
    padded = np.pad(errors, len(w) - 1)
    flipped = w[::-1, ::-1]
    rows, columns = (side - len(w) + 1 for side in padded.shape)
    return np.array(
        [[(padded[i : i + len(w), j : j + len(w)] * flipped).sum() for j in range(columns)] for i in range(rows)]
    )
    # END SOLUTION


check("1.8", input_gradient)

# %% [markdown]
# ## 1.9 Trust, but check
#
# A wrong gradient rarely crashes; the network just learns badly. So everybody who writes a backward pass checks it with
# numbers: move one weight a little up and a little down, and see how the loss changes.
#
# $$\frac{\partial f}{\partial w_{ab}} \approx \frac{f(w + \varepsilon_{ab}) - f(w - \varepsilon_{ab})}{2\varepsilon}$$


# %%
def numeric_gradient(f, w, eps=1e-4):
    """Return the derivative of f, a function of the array w that returns a number, at each weight."""
    # BEGIN SOLUTION
    gradient = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[index] += eps
        down[index] -= eps
        gradient[index] = (f(up) - f(down)) / (2 * eps)
    return gradient
    # END SOLUTION


check("1.9", numeric_gradient)

# %%
if ready("1.3", "1.6", "1.7", "1.9"):
    rng = np.random.default_rng(1)
    x, w, t = rng.normal(size=(6, 6)), rng.normal(size=(3, 3)), rng.normal(size=(4, 4))
    by_rule = weight_gradient(x, loss_gradient(correlate2d(x, w), t))
    by_numbers = numeric_gradient(lambda v: ((correlate2d(x, v) - t) ** 2).mean(), w)
    print(f"The two gradients differ by at most {np.abs(by_rule - by_numbers).max():.1e}.")

# %% [markdown]
# ## 1.10 Learn
#
# Put it together. `pairs` is a list of (x, t). Start from a filter of zeros, and in each step go against the **mean**
# gradient of all pairs.


# %%
def learn(pairs, rate, steps):
    """Return the filter (3, 3) after some steps of gradient descent."""
    w = np.zeros((3, 3))
    # BEGIN SOLUTION
    for _ in range(steps):
        gradients = [weight_gradient(x, loss_gradient(correlate2d(x, w), t)) for x, t in pairs]
        w = w - rate * np.mean(gradients, axis=0)
    return w
    # END SOLUTION


check("1.10", learn)

# %%
if ready("1.3", "1.10"):
    task = FilterTask("edge detector")  # the pairs of the page "Learn a filter"
    pairs = [(x, correlate2d(x, task.weights)) for x in task.inputs]
    print(np.round(learn(pairs, 0.1, 300), 2))

# %% [markdown]
# ## 1.11 How fast is too fast?
#
# With which is the **largest** learning rate of [0.01, 0.03, 0.1, 0.2, 0.3, 0.5] does the loss on these pairs still
# fall at **every** one of the first 50 steps? Write the few lines that find out. (Where learning starts does not
# matter for this; the pairs do.)

# %%
largest_rate = ...
# BEGIN SOLUTION
if ready("1.3", "1.10"):
    for rate in [0.01, 0.03, 0.1, 0.2, 0.3, 0.5]:
        losses = [
            np.mean([((correlate2d(x, learn(pairs, rate, steps)) - t) ** 2).mean() for x, t in pairs])
            for steps in range(0, 51, 5)
        ]
        if (np.diff(losses) < 0).all():
            largest_rate = rate
# END SOLUTION
check("1.11", largest_rate)

# %% [markdown]
# ## What you now have
#
# A convolution forwards and backwards, checked, and a filter that nobody wrote. The page "Learn a filter" of the course
# shows the same steps cell by cell, and a CONV layer in PyTorch does nothing else.

# %%
points(1, "Your name")
