"""The device: a Raspberry Pi with its boards and slots."""
