"""A Raspberry Pi and the lock slots on its buses."""

from actors.device.decider import DECIDER
from actors.device.state import FirmwareJob, State, desired, pending

__all__ = ["DECIDER", "FirmwareJob", "State", "desired", "pending"]
