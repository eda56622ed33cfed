"""Releasing category models: versions that never change in a store, and a manifest that says which one is used."""
