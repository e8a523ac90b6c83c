"""Many runs: jobs with keys, executors that do them, and a ledger in the output folder that survives a kill."""
