"""Sign a firmware file, on the machine that has the private key."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.firmware import signing


class Command(BaseCommand):
    """``sign_firmware --new-key KEYFILE``, then ``sign_firmware --key KEYFILE --firmware-version V FILE``."""

    help = "Make a pair of keys, or sign a firmware file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take file, version and key."""
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--new-key", type=Path, help="write a new private key there, tell the public one")
        parser.add_argument("--key", type=Path, help="file with the private key in base64")
        parser.add_argument("--firmware-version")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the public key, or the signature."""
        if options["new_key"] is not None:
            self._make_key(options["new_key"])
        elif options["file"] and options["key"] and options["firmware_version"]:
            self._sign(options["file"], options["key"], options["firmware_version"])
        else:
            raise CommandError("expected --new-key KEYFILE, or --key KEYFILE --firmware-version V FILE")

    def _make_key(self, file: Path) -> None:
        if file.exists():
            raise CommandError(f"{file} is there already")
        private, public = signing.new_keys()
        file.touch(0o600)
        file.write_text(private + "\n")
        self.stdout.write(f"FIRMWARE_PUBLIC_KEY={public}")

    def _sign(self, file: Path, key: Path, version: str) -> None:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        message = signing.statement(version, file.stat().st_size, digest)
        self.stdout.write(signing.sign(key.read_text().strip(), message))
