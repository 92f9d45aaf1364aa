"""The decisions against a reference model, over histories that hypothesis makes up."""
