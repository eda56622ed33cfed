"""Every error of the annotation jobs.

AnnotationError
├── BadSettings          an environment variable is missing or makes no sense
├── TokenRefused         Label Studio does not take the personal access token
├── ProjectAmbiguous     two projects of Label Studio have the title
├── LabelStudioRefused   Label Studio understood and said no
└── LabelStudioDown      Label Studio did not answer, or with a server error
"""

from __future__ import annotations


class AnnotationError(Exception):
    """Base of the tree; the text is for people."""


class BadSettings(AnnotationError):
    """Nothing was done: settings come first."""


class TokenRefused(AnnotationError):
    """A new one is made in Label Studio, under Account & Settings."""


class ProjectAmbiguous(AnnotationError):
    """One of them has to be renamed or deleted by hand."""


class LabelStudioRefused(AnnotationError):
    """Another try would be refused as well."""


class LabelStudioDown(AnnotationError):
    """Worth another try."""
