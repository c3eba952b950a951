"""Run the models that score again, over other inputs."""
