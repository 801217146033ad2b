"""One post to an address that somebody chose: guarded, bounded, told in full."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError
from rex_celery.integrations import webhook_out
from tests.integrations.receiver import Receiver, listening

BODY = b'{"type":"webhook.test"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as there:
        yield there


def test_a_post_arrives_as_it_was_given(receiver: Receiver) -> None:
    answer = webhook_out.post(f"{receiver.url}?a=b%20c", BODY, {"Rex-Delivery-Id": "7"}, private=True)
    (got,) = receiver.got
    assert (got.path, got.body, got.headers["rex-delivery-id"]) == ("/hook?a=b%20c", BODY, "7")
    assert (answer.status, answer.well) == (204, True)


@pytest.mark.parametrize(("status", "well"), [(200, True), (299, True), (400, False), (410, False), (500, False)])
def test_only_a_yes_is_a_yes(receiver: Receiver, status: int, well: bool) -> None:  # noqa: FBT001  a case
    receiver.reply = lambda _: (status, b"because")
    answer = webhook_out.post(receiver.url, BODY, {}, private=True)
    assert (answer.status, answer.excerpt, answer.well) == (status, "because", well)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.reply = lambda _: (307, receiver.url.encode())
    assert not webhook_out.post(receiver.url, BODY, {}, private=True).well
    assert len(receiver.got) == 1


def test_a_long_answer_is_cut(receiver: Receiver) -> None:
    receiver.reply = lambda _: (500, b"\xff" + b"x" * 10_000_000)
    assert len(webhook_out.post(receiver.url, BODY, {}, private=True).excerpt) == 500


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433"])
def test_nothing_is_sent_into_our_own_network(receiver: Receiver, host: str) -> None:
    address = receiver.url.replace("127.0.0.1", host)
    with pytest.raises(ProviderRejectedError) as refused:
        webhook_out.post(address, BODY, {})
    assert refused.value.code == "private_address"
    assert not receiver.got


def test_a_name_that_changes_its_mind_is_connected_to_as_it_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = int(receiver.url.split(":")[2].split("/")[0]), []
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])

    def resolve(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in next(answers)]

    connected: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_: object) -> socket.socket:
        connected.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ProviderUnavailableError):
        webhook_out.post(f"http://rebinding.example.com:{port}/", BODY, {})
    assert (asked, connected) == (["rebinding.example.com"], [("93.184.216.34", port)])


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(ProviderRejectedError):
        webhook_out.post("https://mixed.example.com/", BODY, {})


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(ProviderUnavailableError):
        webhook_out.post("http://127.0.0.1:9/", BODY, {}, private=True)


def test_a_certificate_that_nobody_vouches_for_is_no_answer(receiver: Receiver) -> None:
    with pytest.raises(ProviderUnavailableError) as refused:
        webhook_out.post(receiver.url.replace("http:", "https:"), BODY, {}, private=True)
    assert ssl.SSLError.__name__ in refused.value.detail or "SSL" in refused.value.detail


def test_a_receiver_that_takes_too_long_is_cut_off(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_out, "TIMEOUT_SECONDS", 0.2)
    release = threading.Event()
    receiver.reply = lambda _: (204 if release.wait(10) else 500, b"")
    with pytest.raises(ProviderUnavailableError):
        webhook_out.post(receiver.url, BODY, {}, private=True)
    release.set()


def test_a_receiver_that_drips_is_cut_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_out, "DEADLINE_SECONDS", 0.5)
    done = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
                try:
                    connection.sendall(bytes([letter]))
                except OSError:
                    break
                if done.wait(0.05):
                    break

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        with pytest.raises(ProviderUnavailableError):
            webhook_out.post(f"http://127.0.0.1:{server.getsockname()[1]}/", BODY, {}, private=True)
        done.set()
        thread.join(10)


def test_what_is_no_http_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"220 mail.example.com ESMTP\r\n")

        threading.Thread(target=talk, daemon=True).start()
        with pytest.raises(ProviderUnavailableError):
            webhook_out.post(f"http://127.0.0.1:{server.getsockname()[1]}/", BODY, {}, private=True)
