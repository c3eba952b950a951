"""What a candidate for the control panel would do, for `what_if.py`."""
