"""What a learner trains in the app and in the notebooks: films, settings, networks, the training loop, its result.

``python -m cnn.handson`` runs an experiment on the command line. Only networks, gradients and the loop import PyTorch;
films, settings, experiments and the queue of background trainings do without, so that the page opens at once.
"""
