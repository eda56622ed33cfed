"""Making the models: training, export, retraining, model releases, annotation, simulation."""

import os

# Disable MLflow's telemetry. MLflow reads the variable when it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
