"""Why a command did not change the published releases. The store is unchanged.

ReleaseError
├── UnfitModel      the service would refuse the model, or its training distribution is missing or of another model
├── VersionTaken    the store has other files under this version
├── NotTrusted      the current manifest is unreadable, or not signed with our key
├── NothingBefore   there is no such earlier champion to roll back to
└── StoreError      the store does not answer or does not accept files
"""


class ReleaseError(Exception):
    """Base; the message is for the operator at the command line."""


class UnfitModel(ReleaseError):
    """The model folder fails the checks of the service, or drift could not be measured against it."""


class VersionTaken(ReleaseError):
    """A published version never changes: publish under another version."""


class NotTrusted(ReleaseError):
    """Signing a manifest vouches for all of it; `sign` does so after an operator has looked at it."""


class NothingBefore(ReleaseError):
    """There is no earlier release, or none of that version."""


class StoreError(ReleaseError):
    """The store is unreachable, access is denied, or the location does not exist."""
