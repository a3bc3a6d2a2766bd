"""Cards of the two networks that look at a film before the classifier does: lung segmenter and gate."""

import streamlit as st

from cnn import cards
from cnn.text import percent
from ui.evaluation.model_card.sentences import capitalise
from ui.shell.glossary_popover import write
from ui.widgets.tables import show_table


def show_lung_segmenter() -> None:
    """Show the card of the network that segments the lungs."""
    card = cards.read_card(cards.WEIGHTS_FOLDER, "lung_segmenter")
    dice = card["metrics"]["dice"]
    write(
        "A second, small network segments the lungs. Its overlap with lungs drawn by hand (Dice) "
        f"is {dice['mean']:.3f} on average and {dice['lowest']:.3f} at worst, on "
        f"{dice['films']} films held out.\n\n"
        f"**Data.** {capitalise(card['data'])}\n\n**Split.** {capitalise(card['split'])} Seed {card['seed']}, "
        f"{card['epochs']} epochs.\n\n**Limitations.** {capitalise(card['limits'])}"
    )


def show_ood_gate() -> None:
    """Show the card of the out-of-distribution gate: methods compared, and what the chosen one rejects."""
    card = cards.read_card(cards.WEIGHTS_FOLDER, "ood_gate")
    chosen = next(method for method in card["compared"] if method["name"] == card["chosen"])
    write(
        f"A classifier of two classes has no class for an ankle. So the lung segmenter sees an image first, and a "
        f"detector on it can reject the image: **{card['chosen']}**. Limits: {card['limits_rule']} limit. The detector "
        f"was chosen by {card['chosen_by']}. No kind of image is in both development and test."
    )
    shown = ("official test films", "adults of all patients")
    show_table(
        ["detector", "rejected (development)", "rejected (test)", "test films rejected", "adults rejected"],
        [
            [
                method["name"],
                *(
                    percent(share, 1)
                    for share in (*method["caught"].values(), *(method["films"][name] for name in shown))
                ),
            ]
            for method in card["compared"]
        ],
        label="Methods of rejection",
    )
    others = {kind: share for kind, share in chosen["films"].items() if kind not in shown}
    show_table(
        ["kind of image", "share rejected"],
        [[kind, percent(share, 1)] for kind, share in (chosen["by_kind"] | others).items()],
        label="Rejected by kind",
    )
    st.caption(
        "The last rows are chest films and should not be rejected. Lateral films are simulated and legs are drawn: of "
        "real lateral, abdominal and limb films only the few that come with pydicom were tried."
    )
