"""Every error of the annotation jobs.

AnnotationError               base: status, code and retryable live on the class
├── BadSettings          400  an environment variable is missing or makes no sense
├── TokenRefused         401  Label Studio does not take the personal access token
├── ProjectAmbiguous     409  two projects of Label Studio have the title
├── LabelStudioRefused   422  Label Studio understood and said no
└── LabelStudioDown      503  Label Studio did not answer, or with a server error
"""

from __future__ import annotations


class AnnotationError(Exception):
    """Base of the tree; the text is for people."""

    status = 500
    code = "annotation_failed"
    retryable = False


class BadSettings(AnnotationError):
    """An environment variable is missing or makes no sense."""

    status = 400
    code = "bad_settings"


class TokenRefused(AnnotationError):
    """Label Studio does not take the personal access token."""

    status = 401
    code = "token_refused"


class ProjectAmbiguous(AnnotationError):
    """Two projects of Label Studio have the title."""

    status = 409
    code = "project_ambiguous"


class LabelStudioRefused(AnnotationError):
    """Label Studio understood and said no."""

    status = 422
    code = "label_studio_refused"


class LabelStudioDown(AnnotationError):
    """Label Studio did not answer, or with a server error."""

    status = 503
    code = "label_studio_down"
    retryable = True
