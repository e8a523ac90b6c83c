"""The exhibits: one module each, behind the protocol of `base`."""
