"""Releasing models: immutable versions in a store, and a manifest that names the one in use."""
