# %% [markdown]
# # 5 · Is it any good?
#
# A network comes with an excellent AUC. Would you use it? Here are its real scores on 624 test films and on 108 films of
# adults from another hospital. You find out what the AUC does not say. Slide 45 of the lecture. **60 minutes.**
#
# Replace the dots `...` by your own code and run the cell. `check` tells you what is wrong, `hint("5.1")` helps, and
# the last cell counts your points.
#
# *For teaching only; nothing here is a diagnosis.*

# %%
# In Colab, or wherever the course is not installed: %pip install PATH-OR-ADDRESS-OF-THE-COURSE, then restart.
import numpy as np

from cnn.handson.check import check, hint, points, ready
from cnn.handson.exercises import evaluation as given

validation, test, adults = given.groups().values()
for name, group in (("validation", validation), ("test", test), ("adults", adults)):
    print(f"{name:10} {len(group.labels)} films of {len(set(group.patients))} patients, {group.labels.sum()} ill")
print(f"AUC on the test films: {given.auc(test):.3f}")

# %% [markdown]
# Each group has `.logits` (the margin of PNEUMONIA), `.labels` (0 or 1) and `.patients`.
#
# # Can you believe its probabilities?
#
# ## 5.1 Logits, temperature, probabilities
#
# A network that is too sure can be cooled down without retraining: **divide** its logits by a temperature T before the
# sigmoid (Guo et al., 2017).


# %%
def probability(logits, temperature):
    """Return P(PNEUMONIA) of logits (N,)."""
    return 1 / (1 + np.exp(-logits / temperature))  # SOLUTION


check("5.1", probability)

# %% [markdown]
# **Think.** Can a temperature change the AUC? Can it change which films are above P = 0.5?
#
# ## 5.2 Calibration error
#
# Of all films with P near 0.8, 80 % should be ill. Put the films into ten bins of equal width (0 to 0.1, 0.1 to 0.2,
# ...), compare in each bin the mean P with the share of ill films, and take the mean of the **absolute** gaps, each bin
# **weighted** by its number of films. Empty bins count nothing.


# %%
def calibration_error(p, y):
    """Return the expected calibration error of probabilities (N,) and labels (N,)."""
    # BEGIN SOLUTION
    bins = np.minimum((p * 10).astype(int), 9)
    total = 0.0
    for number in range(10):
        inside = bins == number
        if inside.any():
            total += inside.mean() * abs(y[inside].mean() - p[inside].mean())
    return total
    # END SOLUTION


check("5.2", calibration_error)

# %% [markdown]
# ## 5.3 Fit the temperature
#
# To have something to repair, we make the network too sure: `logits * 2.5`. Find the temperature (from 0.1 to 10, to
# 0.01) with the lowest **cross-entropy**: the mean of -log P of the true class.


# %%
def fit_temperature(logits, y):
    """Return the best temperature for logits (N,) and labels (N,)."""
    # BEGIN SOLUTION
    candidates = np.arange(0.1, 10, 0.01)
    losses = []
    for temperature in candidates:
        scaled = logits / temperature
        losses.append(np.logaddexp(0, np.where(y == 1, -scaled, scaled)).mean())  # log(1 + exp(-z)), without overflow
    return candidates[np.argmin(losses)]
    # END SOLUTION


check("5.3", fit_temperature)

# %%
if ready("5.1", "5.2", "5.3"):
    temperature = fit_temperature(validation.logits * 2.5, validation.labels)  # on validation, never on the test films
    for name, t in (("too sure", 1.0), ("cooled down", temperature)):
        p = probability(test.logits * 2.5, t)
        print(f"{name:12} T = {t:.2f}: calibration error on the test films {calibration_error(p, test.labels):.3f}")

# %% [markdown]
# # Where to draw the line?
#
# ## 5.4 Sensitivity and specificity
#
# From the threshold **on** (`>=`) a prediction is positive. Return the share of ill films that are found, and the share
# of healthy films that are left alone.


# %%
def rates(p, y, threshold):
    """Return (sensitivity, specificity)."""
    # BEGIN SOLUTION
    positive = p >= threshold
    return positive[y == 1].mean(), (~positive[y == 0]).mean()
    # END SOLUTION


check("5.4", rates)

# %% [markdown]
# ## 5.5 Choose a threshold
#
# Missing a pneumonia is worse than a false alarm, so the clinic asks for a sensitivity of at least, say, 0.95. Of all
# scores in `p`, return the one that reaches it as threshold **with as few false alarms as possible**.


# %%
def choose_threshold(p, y, sensitivity):
    """Return the best threshold that reaches this sensitivity."""
    # BEGIN SOLUTION
    return max(t for t in p if rates(p, y, t)[0] >= sensitivity)
    # END SOLUTION


check("5.5", choose_threshold)

# %%
if ready("5.1", "5.4", "5.5"):
    p = probability(validation.logits, 1.0)
    threshold = choose_threshold(p, validation.labels, 0.95)
    for name, group in (("validation", validation), ("test", test), ("adults", adults)):
        sensitivity, specificity = rates(probability(group.logits, 1.0), group.labels, threshold)
        print(f"{name:10} threshold {threshold:.2f}: sensitivity {sensitivity:.2f}, specificity {specificity:.2f}")

# %% [markdown]
# **Think.** The threshold was chosen on validation films to reach 0.95. Does it, elsewhere? Why may one not choose it
# again on the test films?
#
# ## 5.6 What a positive result means
#
# A child's film is flagged. How probable is it that the child is ill? That is the **positive predictive value**. It
# follows from sensitivity, specificity and the **prevalence**, the share of ill children among all who get a film.


# %%
def positive_predictive_value(sensitivity, specificity, prevalence):
    """Return the share of flagged people who are ill."""
    # BEGIN SOLUTION
    ill, healthy = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    return ill / (ill + healthy)
    # END SOLUTION


check("5.6", positive_predictive_value)

# %% [markdown]
# ## 5.7 A thousand children
#
# In a screening 2 % of 1,000 children are ill. The network works as on the **test films, with the threshold P >= 0.5**
# (and T = 1). How many **healthy** children does it flag, on average?

# %%
flagged = ...
# BEGIN SOLUTION
specificity = rates(probability(test.logits, 1.0), test.labels, 0.5)[1]
flagged = 1000 * 0.98 * (1 - specificity)
# END SOLUTION
check("5.7", flagged)

# %%
if ready("5.1", "5.4", "5.6"):
    sensitivity, specificity = rates(probability(test.logits, 1.0), test.labels, 0.5)
    for prevalence in (test.labels.mean(), 0.2, 0.02):  # that of the test films, of a busy ward, of a screening
        ppv = positive_predictive_value(sensitivity, specificity, prevalence)
        print(f"prevalence {prevalence:5.1%}: of 100 flagged children {100 * ppv:.0f} are ill")

# %% [markdown]
# # How sure are we of these numbers?
#
# ## 5.8 An interval that is honest
#
# A test set is a sample. The **bootstrap** draws from it with replacement, again and again, and looks how much the
# figure varies. But several films can be of one patient, and they resemble each other. So draw **patients**, as many as
# there are, and take all films of each (twice, if it was drawn twice). Return the 2.5th and the 97.5th percentile of
# the mean of `right` in 1,000 rounds.


# %%
def interval(right, patients, seed):
    """Return (low, high) for the mean of right (N,), which is 1 where the network was right."""
    rng = np.random.default_rng(seed)
    # BEGIN SOLUTION
    names = np.unique(patients)
    films_of = {name: right[patients == name] for name in names}
    means = [np.concatenate([films_of[name] for name in rng.choice(names, len(names))]).mean() for _ in range(1000)]
    return tuple(np.percentile(means, [2.5, 97.5]))
    # END SOLUTION


check("5.8", interval)

# %%
if ready("5.1", "5.8"):
    for name, group in (("test", test), ("adults", adults)):
        right = ((probability(group.logits, 1.0) >= 0.5) == group.labels).astype(float)
        low, high = interval(right, group.patients, seed=0)
        print(f"{name:7} accuracy {right.mean():.3f}, 95 % interval {low:.3f} to {high:.3f}")

# %% [markdown]
# # Does it work elsewhere?
#
# ## 5.9 Another hospital
#
# The test films are of children from one hospital. The adults' films come from another country, other machines, another
# kind of label. **By how much is the AUC lower there?** Compute both AUCs (as in notebook 3, with pairs) and return the
# difference.

# %%
drop = ...


# BEGIN SOLUTION
def auc(logits, labels):
    """Return the area under the ROC curve."""
    differences = logits[labels == 1][:, None] - logits[labels == 0]
    return (differences > 0).mean() + (differences == 0).mean() / 2


drop = auc(test.logits, test.labels) - auc(adults.logits, adults.labels)
# END SOLUTION
check("5.9", drop)

# %% [markdown]
# ## 5.10 A shortcut
#
# Suppose that in one hospital all healthy films carry a letter. A network may learn the letter and ignore the lungs. The
# test for such a shortcut: change what must not matter and see which labels **flip**. Return the share of films whose
# label (margin > 0 or not) changes, in either direction.


# %%
def flipped(before, after):
    """Return the share of films that change their label; both are margins (N,)."""
    return ((before > 0) != (after > 0)).mean()  # SOLUTION


check("5.10", flipped)

# %%
if ready("5.10"):
    import torch
    from safetensors.torch import load

    from cnn.handson import networks, recipe
    from cnn.handson.films import shipped
    from cnn.handson.preparation import stamp
    from cnn.handson.runs.training import train
    from cnn.handson.settings import Settings

    torch.set_num_threads(1)
    every = np.ones(len(shipped().test), bool)
    for letter in (False, True):
        settings = Settings(network="logistic regression", films=400, epochs=8, augment=False, letter=letter)
        *_, result = train(settings, shipped())
        network = networks.start(settings)
        network.load_state_dict(load(result.weights))
        margins = []
        for films in (shipped().test, stamp(shipped().test, every)):
            logits = recipe.logits_of(network, recipe.to_films(torch.from_numpy(films.pixels)))
            margins.append((logits[:, 1] - logits[:, 0]).numpy())
        kind = "with the letter on every NORMAL film" if letter else "without a letter"
        print(f"Trained {kind}: a stamped letter flips {flipped(*margins):.0%} of the labels.")
        print(f"   validation AUC {result.validation_auc:.3f}, accuracy on clean test films {result.test_accuracy}")

# %% [markdown]
# Look at the two validation AUCs: the network with the better one is the useless one.
#
# ## 5.11 Your verdict
#
# The vendor offers you this network for your emergency ward. What would you ask for first?
#
# - **a** A higher accuracy on the published test films.
# - **b** Nothing more: such an AUC is better than many readers.
# - **c** Saliency maps that lie on the lungs.
# - **d** Sensitivity and specificity, with intervals, on a sample of your own films with your own prevalence, at a
#   threshold fixed beforehand.

# %%
verdict = "d"  # SOLUTION
check("5.11", verdict)

# %% [markdown]
# ## What you now have
#
# The questions to ask of any classifier, and the code that answers them. The pages "Model card", "Operating point" and
# "Shortcut lab" of the course show the same for the shipped networks.

# %%
points(5, "Your name")
