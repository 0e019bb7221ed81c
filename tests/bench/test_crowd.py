"""The load counts what was answered well, and says what went wrong by its kind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bench.crowd import Crowd, Outcome

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@contextmanager
def answering(*answers: bytes) -> Iterator[int]:
    """A server for one connection at a time: an answer a request, the connection closed after an empty one."""
    left = list(answers)

    def serve() -> None:
        while left:
            connection, _ = listener.accept()
            with connection:
                while left and connection.recv(65536):
                    answer = left.pop(0)
                    connection.sendall(answer)
                    if not answer or not answer.endswith(b"hello"):
                        break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_every_request_is_answered_over_one_connection() -> None:
    """A caller asks again as soon as it has its answer, up to the bound."""
    with answering(GOOD, GOOD, GOOD) as port:
        outcome = Crowd(port=port, request=REQUEST, at_once=1, calls_max=3).ask()
    assert (len(outcome.latencies_s), outcome.errors, outcome.asked) == (3, {}, 3)


def test_what_went_wrong_is_told_by_kind() -> None:
    """A status, a short body, no length and a broken connection are errors, and the caller goes on."""
    refused = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nh"
    endless = b"HTTP/1.1 200 OK\r\n\r\n"
    with answering(refused, short, endless, b"", GOOD) as port:
        outcome = Crowd(port=port, request=REQUEST, at_once=1, calls_max=5, answer_bytes_min=5).ask()
    assert outcome.errors == {"status 503": 1, "short body": 1, "no length": 1, "broken connection": 1}
    assert len(outcome.latencies_s) == 1


def test_an_answer_in_pieces_is_one_answer() -> None:
    """A body cut off before its length is a broken connection, whole or not in its head."""
    with answering(GOOD[:-2]) as port:
        outcome = Crowd(port=port, request=REQUEST, at_once=1, calls_max=1).ask()
    assert outcome.errors == {"broken connection": 1}


def test_shares_of_latencies() -> None:
    """The median is the middle one; without a good answer there is none."""
    outcome = Outcome(taken_s=1, latencies_s=(0.1, 0.2, 0.9), errors={})
    assert (outcome.latency_s(0.5), outcome.latency_s(0.99), outcome.latency_s(1)) == (0.2, 0.2, 0.9)
    assert str(Outcome(taken_s=1, latencies_s=(), errors={"no length": 1}).latency_s(0.5)) == "nan"
