"""Following the released category model: the manifest in a store says which one, and nothing is used unchecked."""
