"""Runs that another program recorded become packs: what it did not keep is absent, never made up."""
