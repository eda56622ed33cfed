"""Following model releases: a manifest per kind of model in a store names the models, which are checked before use."""
