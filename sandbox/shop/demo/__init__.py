"""The main job from end to end, on the running demo: see journey.py."""
