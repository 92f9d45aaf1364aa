"""Send the synthetic nation through the receiver, and compare the results with the truth."""
