"""Fetching what somebody typed an address of: from the internet and nowhere else, and never too much."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from core.catalogue.imports.addresses import is_address, is_public
from core.catalogue.imports.fetching import NotFetched, fetched
from tests.core.suppliers.supplier_peer import PATH, SupplierPeer
from tests.payments.peers import DROP, HANG, Answer


@pytest.fixture
def supplier(settings: Any) -> Iterator[SupplierPeer]:
    peer = SupplierPeer(b"barcode,price\n4006381333931,13\n")
    with peer.running():
        settings.SUPPLIER_ORIGINS = [peer.url]
        yield peer


def test_a_file_comes_as_it_is(supplier: SupplierPeer) -> None:
    assert fetched(supplier.url + PATH) == supplier.file


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fd00::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::", "ff02::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_leads_inward_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::6810:84e5"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://0x7f000001/", "https://2130706433/",
        "https://[::ffff:127.0.0.1]/", "https://127.1/",
    ],
)  # fmt: skip
def test_nothing_inward_is_connected_to_however_it_is_written(url: str, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.settimeout(0)
        port = inside.getsockname()[1]
        with pytest.raises(NotFetched):
            fetched(url.removesuffix("/") + f":{port}/")
        with pytest.raises(BlockingIOError):
            inside.accept()


def test_a_name_that_means_something_inward_by_the_time_it_is_called_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NotFetched, match="not one of the public internet"):
        fetched("https://prices.supplier.example/list.csv")


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1/", "https://127.0.0.1:1/", "https://[::1]:1/", "ftp://x/"]
)
def test_a_redirect_leads_neither_inward_nor_out_of_https(supplier: SupplierPeer, target: str) -> None:
    supplier.fail(Answer(302, {}, {"Location": target}))
    with pytest.raises(NotFetched):
        fetched(supplier.url + PATH)
    assert len(supplier.requests) == 1


def test_no_server_can_send_us_to_another_that_is_trusted(supplier: SupplierPeer, settings: Any) -> None:
    other = SupplierPeer(b"secret")
    with other.running():
        settings.SUPPLIER_ORIGINS = [supplier.url, other.url]
        supplier.fail(Answer(307, {}, {"Location": other.url + PATH}))
        with pytest.raises(NotFetched, match="https"):
            fetched(supplier.url + PATH)
    assert other.requests == []


def test_a_redirect_within_a_trusted_server_is_followed_and_not_for_ever(supplier: SupplierPeer) -> None:
    supplier.fail(Answer(302, {}, {"Location": PATH}))
    assert fetched(supplier.url + PATH) == supplier.file
    supplier.fail(*[Answer(302, {}, {"Location": PATH})] * 4)
    with pytest.raises(NotFetched, match="at most 3 redirects"):
        fetched(supplier.url + PATH)


def test_what_is_too_large_is_not_read_to_its_end(supplier: SupplierPeer, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 20
    with pytest.raises(NotFetched, match="at most 20 bytes"):
        fetched(supplier.url + PATH)


def test_what_is_compressed_is_not_unpacked(supplier: SupplierPeer) -> None:
    supplier.fail(Answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}))
    with pytest.raises(NotFetched, match="compressed"):
        fetched(supplier.url + PATH)


@pytest.mark.parametrize(
    ("fault", "told"),
    [((Answer(404, {}),), "status 404"), ((DROP, DROP), "got none"), ((HANG,), "within 0.2 s")],
)
def test_a_server_that_has_no_file_is_told_of(
    fault: tuple[Any, ...], told: str, supplier: SupplierPeer, settings: Any
) -> None:
    settings.SUPPLIER_TIMEOUT_S = 0.2 if HANG in fault else 60
    supplier.fail(*fault)
    with pytest.raises(NotFetched, match=told):
        fetched(supplier.url + PATH)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://supplier.example/a.csv", True), ("http://supplier.example/a.csv", False),
        ("https://me:secret@supplier.example/", False), ("file:///etc/passwd", False), ("https:///x", False),
        ("gopher://supplier.example/", False), ("supplier.example/a.csv", False), ("https://[", False),
    ],
)  # fmt: skip
def test_only_a_plain_https_address_may_be_typed(url: str, good: bool) -> None:
    assert is_address(url) is good


def test_an_address_given_by_its_number_is_looked_at_too() -> None:
    with pytest.raises(NotFetched, match="not one of the public internet"):
        fetched("https://169.254.169.254/latest/meta-data/")
