"""Making the models, and the loop that keeps them good."""

import os

# What is trained here is nobody else's business. MLflow looks for it when it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
