# %% [markdown]
# # 3 · The whole pipeline
#
# From 1,200 chest films to one honest number: split, network, loss, training, evaluation. Slide 45 of the lecture. You
# write the parts where people go wrong. **60 minutes.**
#
# Replace the dots `...` by your own code and run the cell. `check` tells you what is wrong, `hint("3.1")` helps, and
# the last cell counts your points.
#
# *For teaching only; nothing here is a diagnosis. The films: Kermany, Zhang, Goldbaum, Mendeley Data v2, 2018, CC BY
# 4.0, at 64 x 64 pixels.*

# %%
# In Colab, or wherever the course is not installed: %pip install PATH-OR-ADDRESS-OF-THE-COURSE, then restart.
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from cnn.handson.check import check, hint, points, ready
from cnn.handson.films import shipped

films = shipped().train.joined(shipped().validation)  # to split yourself
test = shipped().test  # to look at once, at the end
print(len(films), "films of", len(set(films.patients)), "patients; NORMAL and PNEUMONIA:", films.counts)

# %% [markdown]
# `films.pixels` is (N, 64, 64) from 0 to 255, `films.labels` is 0 for NORMAL and 1 for PNEUMONIA, `films.patients`
# says who each film is of.
#
# ## 3.1 Split
#
# Validation is to tell how the network does on people it has **not** seen. Return an array of True and False, one for
# each film: True for validation. About `share` of the films go there; the same seed gives the same split.


# %%
def split(patients, share, seed):
    """Return which films are for validation, (N,) bool."""
    # BEGIN SOLUTION
    names = np.random.default_rng(seed).permutation(np.unique(patients))
    chosen = names[: round(share * len(names))]
    return np.isin(patients, chosen)
    # END SOLUTION


check("3.1", split)

# %% [markdown]
# ## 3.2 Standardise
#
# Films differ in brightness and contrast, because machines do. Take from each film its **own** mean and divide by its
# **own** standard deviation.


# %%
def standardise(films):
    """Return films (N, 1, H, W), each with mean 0 and standard deviation 1."""
    # BEGIN SOLUTION
    mean = films.mean((1, 2, 3), keepdim=True)
    spread = films.std((1, 2, 3), keepdim=True, correction=0)
    return (films - mean) / spread
    # END SOLUTION


check("3.2", standardise)

# %% [markdown]
# **Think.** What would happen to a single film at the hospital, if you standardised by the mean of the batch?
#
# ## 3.3 The network
#
# Build the lecture's chain with `nn.Sequential`. Each CONV has filters of 3 x 3, stride 1, padding 1.
#
# | layer | output |
# |---|---|
# | CONV with 16 filters, ReLU, max POOL 2 | 16 x 32 x 32 |
# | CONV with 32 filters, ReLU, max POOL 2 | 32 x 16 x 16 |
# | CONV with 64 filters, ReLU, max POOL 2 | 64 x 8 x 8 |
# | CONV with 96 filters, ReLU, max POOL 2 | 96 x 4 x 4 |
# | flatten, fully connected | 2 logits |

# %%
torch.manual_seed(0)
network = ...
# BEGIN SOLUTION
network = nn.Sequential()
for channels, filters in [(1, 16), (16, 32), (32, 64), (64, 96)]:
    network.append(nn.Conv2d(channels, filters, 3, padding=1)).append(nn.ReLU()).append(nn.MaxPool2d(2))
network.append(nn.Flatten()).append(nn.Linear(96 * 4 * 4, 2))
# END SOLUTION
check("3.3", network)

# %% [markdown]
# ## 3.4 The loss
#
# The network gives two logits z for each film. Softmax makes probabilities of them, and the loss is the mean of
# -log P(true class). Write it without `F.cross_entropy` and `nn.CrossEntropyLoss`. It must survive logits of 1000.


# %%
def cross_entropy(logits, labels):
    """Return the mean cross-entropy of logits (N, 2) and labels (N,)."""
    # BEGIN SOLUTION
    true = logits[torch.arange(len(labels)), labels]
    return (torch.logsumexp(logits, dim=1) - true).mean()
    # END SOLUTION


check("3.4", cross_entropy)

# %% [markdown]
# **Think.** What is the loss of a network that always says 50:50? You will see that number at the beginning of every
# training.
#
# ## 3.5 One step
#
# Take one step of the optimiser on a batch, and return the loss that it was computed from, as a plain number. Here
# `F.cross_entropy` is allowed.


# %%
def train_step(network, optimiser, films, labels):
    """Take one step downhill."""
    # BEGIN SOLUTION
    optimiser.zero_grad()
    loss = F.cross_entropy(network(films), labels)
    loss.backward()
    optimiser.step()
    return float(loss.detach())
    # END SOLUTION


check("3.5", train_step)

# %% [markdown]
# ## 3.6 Evaluate
#
# Return the share of films that are classified correctly. Dropout and batch norm behave differently in training, so the
# network has to be told, before **and** after. No gradients are needed.


# %%
def accuracy(network, films, labels):
    """Return the accuracy, 0 to 1."""
    # BEGIN SOLUTION
    network.eval()
    with torch.no_grad():
        right = network(films).argmax(dim=1) == labels
    network.train()
    return float(right.float().mean())
    # END SOLUTION


check("3.6", accuracy)

# %% [markdown]
# ## 3.7 When to stop
#
# After each epoch we note three losses, as in `{"training_loss": 0.31, "validation_loss": 0.40, "test_loss": 0.44}`.
# Which epoch's weights do we keep? Epochs count from 0. (Why should the third number not be in that list at all?)


# %%
def best_epoch(history):
    """Return the number of the epoch to keep."""
    # BEGIN SOLUTION
    return int(np.argmin([epoch["validation_loss"] for epoch in history]))
    # END SOLUTION


check("3.7", best_epoch)

# %% [markdown]
# ## Train
#
# Your parts at work: 500 films, six epochs, a few seconds.


# %%
def tensors(films):
    """Return films (N, 1, 64, 64), standardised, and labels (N,)."""
    return standardise(torch.from_numpy(films.pixels)[:, None].float() / 255), torch.from_numpy(films.labels)


if ready("3.1", "3.2", "3.3", "3.5", "3.6", "3.7"):
    torch.set_num_threads(1)
    mask = split(films.patients, 0.2, seed=0)
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(~mask))[:500]
    x, y = tensors(films.select(chosen))
    x_validation, y_validation = tensors(films.select(mask))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    history, states = [], []
    for epoch in range(6):
        losses = [train_step(network, optimiser, x[batch], y[batch]) for batch in torch.randperm(len(x)).split(32)]
        with torch.no_grad():
            validation_loss = float(F.cross_entropy(network(x_validation), y_validation))
        history.append({"training_loss": float(np.mean(losses)), "validation_loss": validation_loss})
        states.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        print(epoch, history[-1], f"accuracy {accuracy(network, x_validation, y_validation):.2f}")
    network.load_state_dict(states[best_epoch(history)])

# %% [markdown]
# ## 3.8 A figure without a threshold
#
# The **margin** of a film is the logit of PNEUMONIA minus that of NORMAL. The AUC is the share of pairs (one ill film,
# one healthy film) in which the ill film has the larger margin; a tie counts half. Write it that way.


# %%
def auc(margins, labels):
    """Return the area under the ROC curve, from margins (N,) and labels (N,)."""
    # BEGIN SOLUTION
    differences = margins[labels == 1][:, None] - margins[labels == 0]
    return float((differences > 0).float().mean() + (differences == 0).float().mean() / 2)
    # END SOLUTION


check("3.8", auc)

# %% [markdown]
# ## 3.9 The accuracy that lies
#
# In a ward where nine of ten films show pneumonia, a "network" that always says PNEUMONIA has an accuracy of 0.9. Write
# a figure that gives it 0.5: the **balanced accuracy**, the mean of sensitivity (share of ill films found) and
# specificity (share of healthy films left alone).


# %%
def balanced_accuracy(predicted, labels):
    """Return the balanced accuracy of predictions (N,) and labels (N,), both 0 or 1."""
    # BEGIN SOLUTION
    sensitivity = (predicted[labels == 1] == 1).mean()
    specificity = (predicted[labels == 0] == 0).mean()
    return (sensitivity + specificity) / 2
    # END SOLUTION


check("3.9", balanced_accuracy)

# %% [markdown]
# ## 3.10 How much leaks?
#
# Suppose you had split by film. This mask does so. **How many patients** then have films on both sides?

# %%
rng = np.random.default_rng(0)
by_film = np.isin(np.arange(len(films)), rng.permutation(len(films))[: round(0.2 * len(films))])
shared = len(set(films.patients[by_film]) & set(films.patients[~by_film]))  # SOLUTION
check("3.10", shared)

# %% [markdown]
# ## The test, once

# %%
if ready("3.2", "3.3", "3.5", "3.6", "3.7", "3.8"):
    x_test, y_test = tensors(test)
    network.eval()
    with torch.no_grad():
        logits = network(x_test)
    print(f"Test AUC {auc(logits[:, 1] - logits[:, 0], y_test):.3f}, accuracy {accuracy(network, x_test, y_test):.3f}")
    predicted = logits.argmax(1).numpy()
    print(f"sensitivity {(predicted[test.labels == 1] == 1).mean():.2f},", end=" ")
    print(f"specificity {(predicted[test.labels == 0] == 0).mean():.2f}")

# %% [markdown]
# ## 3.11 What happened?
#
# On these test films the AUC is still about 0.9, and yet the accuracy is far below that of validation: many healthy
# films are called ill. Which explanation fits both?
#
# - **a** The network has overfitted the training films.
# - **b** There is an error in `accuracy`.
# - **c** The test films are systematically different: the order of the films is right, but their margins are shifted,
#   so the threshold at 0 is no longer in the right place.
# - **d** The classes are not balanced in the test set.

# %%
explanation = "c"  # SOLUTION
check("3.11", explanation)

# %% [markdown]
# ## What you now have
#
# Every line of a training. The page "Train a classifier" runs the same pipeline with augmentation and lets you break it
# on purpose; notebook 5 asks whether the result is any good.

# %%
points(3, "Your name")
