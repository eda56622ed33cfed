"""The exceptions of the annotation jobs.

AnnotationError
├── BadSettings          an environment variable is missing or invalid
├── TokenRefused         Label Studio rejects the personal access token
├── ProjectAmbiguous     two Label Studio projects have the title
├── LabelStudioRefused   Label Studio rejects the request (4xx)
└── LabelStudioDown      Label Studio does not answer, or answers with a server error (5xx)
"""

from __future__ import annotations


class AnnotationError(Exception):
    """Base; the message is for the operator at the command line."""


class BadSettings(AnnotationError):
    """Settings are checked first, so nothing has been changed."""


class TokenRefused(AnnotationError):
    """Create a new token in Label Studio, under Account & Settings."""


class ProjectAmbiguous(AnnotationError):
    """Rename or delete one of them by hand."""


class LabelStudioRefused(AnnotationError):
    """A retry would be rejected as well."""


class LabelStudioDown(AnnotationError):
    """A retry may succeed."""
