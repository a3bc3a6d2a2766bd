"""Train and calibrate the networks: ``python -m cnn.training.classifier FILMS --adults ADULTS --seeds 0 1 2``.

What is chosen where: the recipe and the number of epochs were fixed beforehand; weights are the running average over
the training, for ``transfer`` halfway to its fine-tuning (chosen by :mod:`cnn.training.candidates` on no test film);
shift and temperature come from the validation set with the training's augmentation, because plain validation films
come from the same series as the training films and are too easy; the earlier threshold is kept beside the one in use
(:data:`cnn.training.classifier.networks.THRESHOLD_CHOSEN`). The test films are not read here. Seed S also leaves out
fold S of the adult patients, for :mod:`cnn.training.evaluate`.

An interrupted training resumes after its last epoch; the same seed on the same machine gives the same weights. The
published weights were trained by version 0.1.0 of this code, with the same recipes and the same random draws; their
fine-tuning began after calibration, so from another bias of the last layer.
"""
