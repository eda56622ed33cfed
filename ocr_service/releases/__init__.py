"""Following category model releases: a manifest in a store names the models, which are checked before use."""
