"""The commands of `assetgen`, one a module: `add_parser` says its options, `run` does it."""
