"""A supplier's web server, which has one products file."""

from __future__ import annotations

from tests.payments.peers import Answer, Peer, Request

PATH = "/prices.json"


class SupplierPeer(Peer):
    """Gives its file to whoever asks."""

    def __init__(self, file: bytes) -> None:
        super().__init__()
        self.file = file

    def answer(self, request: Request) -> Answer:
        if (request.method, request.path) != ("GET", PATH):
            return self.refuse(f"{request.method} {request.path}")
        return Answer(200, self.file)
