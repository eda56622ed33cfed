"""What keeps a release from happening; the store is as it was.

ReleaseError
├── UnfitModel      the model would be refused by the service
├── VersionTaken    the store has other files under this version
├── NotTrusted      the present manifest is unreadable, or not signed with our key
├── NothingBefore   there is no such earlier champion to go back to
└── StoreError      the store does not answer or does not take files
"""


class ReleaseError(Exception):
    """Base; the message is for the person at the command line."""


class UnfitModel(ReleaseError):
    """The checks of the service fail on it."""


class VersionTaken(ReleaseError):
    """A released version never changes: publish under another one."""


class NotTrusted(ReleaseError):
    """To sign a manifest is to vouch for it; `sign` does so after a person has looked."""


class NothingBefore(ReleaseError):
    """No earlier release, or none of that version."""


class StoreError(ReleaseError):
    """Not reachable, not allowed, or no such place."""
