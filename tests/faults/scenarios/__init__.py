"""Play faults on workers: random ones (``faults``) and exactly directed ones (``directed*``).

``scenario`` gives each of them fresh topics, workers, a driver and the checker.
"""
