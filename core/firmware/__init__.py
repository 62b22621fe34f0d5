"""Firmware of the devices: releases, and rollouts that bring them out."""
