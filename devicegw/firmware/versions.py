"""Versions of this software side by side on the Pi, and which of them runs.

``versions/<version>/`` each, ``current`` is a symlink to one and is only ever replaced by
rename; without it the version that was installed as a package runs. ``trial.json`` says that
the current one is being tried, and what to return to. Whatever moment the power goes at, the
package or a verified version is there to run.

The package's agent always starts first (``boot``), counts the starts of a version on trial,
and returns to the one before if it cannot even start; so a broken version cannot lock us out.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from pathlib import Path
from typing import Literal

import msgspec

STARTS = 3
"""How often a version on trial may be started without having become healthy."""
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,39}$")
ENTRIES = ("devicegw/agent/__init__.py", "devicegw/agent.py")
"""Where ``devicegw.agent.main`` is, by which a version is started; older versions have the file."""
MARK = "VERSION"
"""A file at the top of an unpacked version, with its name."""


class BadImage(Exception):
    """The file is not an image of this software; the message gives the reason."""


class Trial(msgspec.Struct):
    """How an update goes on over restarts."""

    rollout_id: str
    version: str
    previous: str | None
    """None: the installed package."""
    state: Literal["trying", "updated", "failed"] = "trying"
    detail: str = ""
    starts: int = 0
    silent: list[int] = []
    """Slots that did not answer before the update; they need not after it."""


class Versions:
    """The directory. Every method blocks for the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._current = root / "current"
        self._trial = root / "trial.json"

    def path(self, version: str) -> Path:
        """Return where a version lies. Raises BadImage for a name that is no plain file name."""
        if not NAME.match(version):
            raise BadImage(f"expected a version of letters, digits and ._+-, got {version!r}")
        return self.root / "versions" / version

    @property
    def current(self) -> str | None:
        """Return the version that is to run; None: the installed package."""
        target = self._current.resolve()
        return target.name if self._current.is_symlink() and (target / MARK).is_file() else None

    def trial(self) -> Trial | None:
        """Return the last update, going on or ended."""
        try:
            return msgspec.json.decode(self._trial.read_bytes(), type=Trial)
        except (OSError, msgspec.DecodeError):
            return None

    def save(self, trial: Trial) -> None:
        """Write it down, whole or not at all."""
        fresh = self._trial.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(trial))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._trial)
        _sync(self.root)

    def unpack(self, image: Path, version: str) -> None:
        """Install a verified image next to the others. Raises BadImage, OSError."""
        place = self.path(version)
        fresh = place.with_name(f".{version}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        try:
            with tarfile.open(image) as archive:
                archive.extractall(fresh, filter="data")
        except tarfile.TarError as error:
            raise BadImage(f"expected a tar archive: {error}") from error
        if not any((fresh / entry).is_file() for entry in ENTRIES):
            raise BadImage(f"expected {' or '.join(ENTRIES)} in the archive, got none")
        (fresh / MARK).write_text(version)
        for path in [*fresh.rglob("*"), fresh]:
            _sync(path)
        shutil.rmtree(place, ignore_errors=True)
        fresh.replace(place)
        _sync(place.parent)

    def begin(self, trial: Trial) -> None:
        """Make the trial's version the current one, from the next start on."""
        self.save(trial)
        self._switch(trial.version)

    def go_back(self, trial: Trial, why: str) -> None:
        """Return to the version before; from the next start on."""
        self._switch(trial.previous)
        trial.state, trial.detail = "failed", why[:500]
        self.save(trial)

    def keep(self, trial: Trial) -> None:
        """The version is healthy: stay, and forget all but it and the one before."""
        trial.state = "updated"
        self.save(trial)
        for path in (self.root / "versions").iterdir():
            if path.name not in (trial.version, trial.previous):
                shutil.rmtree(path, ignore_errors=True)

    def boot(self) -> Path | None:
        """Decide what this start runs: a version's directory, or None for the package itself."""
        trial = self.trial()
        if trial is not None and trial.state == "trying":
            if trial.starts >= STARTS:
                self.go_back(trial, f"It was started {STARTS} times and never became healthy.")
            else:
                trial.starts += 1
                self.begin(trial)
        version = self.current
        return None if version is None else self.path(version)

    def _switch(self, version: str | None) -> None:
        if version is None:
            self._current.unlink(missing_ok=True)
        else:
            fresh = self.root / "current.new"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(Path("versions") / version)
            fresh.replace(self._current)
        _sync(self.root)


def _sync(path: Path) -> None:
    if path.is_symlink():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
