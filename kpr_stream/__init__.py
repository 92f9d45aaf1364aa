"""KPR Stream: the receiver through which health stations report every consultation to KPR."""

__version__ = "0.1.0"
