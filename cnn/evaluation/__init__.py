"""How good a network is, from its kept scores: metrics, intervals, operating point, the saliency bench. numpy only."""
