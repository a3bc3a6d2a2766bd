"""What ``import cnn`` offers, each imported on first use, so that ``import cnn`` itself loads nothing.

``films`` reads, ``classifier`` predicts, explains and checks, ``figures`` draws, ``nets`` describes networks.
"""
