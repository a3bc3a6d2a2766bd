"""Layer arithmetic in whole numbers: sizes, costs, receptive fields, and networks as text. Needs neither numpy nor
torch."""
