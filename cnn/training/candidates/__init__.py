"""Try changes to ``transfer`` on films that are no test films, and decide by a rule that was written before any run.

    python -m cnn.training.candidates FILMS --adults ADULTS --runs RUNS --seeds 0 1 2

Candidates start from the weights of each training before its fine-tuning (``trained``; its checkpoint in
``RUNS/seed-S``), so that none costs a whole training, and see no more films than that training did. Each is calibrated
as the shipped network is.

- ``last_layer``: the last layer is fitted again, with label and view of the adults equally often (Kirichenko, Izmailov
  and Wilson, Last Layer Re-Training is Sufficient for Robustness to Spurious Correlations, ICLR 2023).
- ``view_removed``: the direction in which features of AP and PA films of one label differ is taken from its weights.
- ``balanced_views``: 2,000 more films, a third of them of adults, label and view equally often.
- ``corruptions``: 2,000 more films, half of them spoilt by one of the 13 corruptions at any severity. Its corrupted
  films are then no surprise: its figure says less of other corruptions.
- ``both``: ``balanced_views`` and ``corruptions`` at once.
- ``averages``: weights halfway between ``trained`` and ``both`` (Wortsman et al., Robust fine-tuning of zero-shot
  models, CVPR 2022). The rule lets it pass, and it ships: :mod:`cnn.training.classifier.fine_tuning`.

**Yardsticks.** Augmented validation: AUC on two copies. Corrupted validation: balanced error at P >= 0.5 over the 13
corruptions at severity 4, 40 films of each class. Adults, each judged by the training that left out the patient: AUC,
also within PA and within AP; sensitivity in each, and the difference; balanced accuracy. Grad-CAM on the adults' boxes:
pointing game and AUPRC. The first two are means over the seeds, and count as different from ``trained`` beyond
the standard deviation of its seeds; adults of all seeds are pooled, and count by the bootstrapped difference, with
patients drawn once for both.

**Rule.** A candidate is shipped if

1. it gains: the error on corrupted validation films is lower by more than that deviation; or the AUC within the worse
   view is higher, or the difference in sensitivity smaller, with the whole 95 % interval;
2. it loses nothing: augmented validation AUC and corrupted validation error are no worse by more than that deviation,
   the adults' AUC and balanced accuracy no lower by more than 0.01, pointing at least 0.70 and AUPRC at least 0.50.

Of several, the one with more gains, then the lower error on corrupted films. The test films are read once, for what is
shipped, and for nothing if nothing is.
"""
