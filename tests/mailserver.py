"""A mail server that keeps what it is sent (RFC 5321, as little of it as a client needs)."""

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self


class MailServer:
    """A server at `port`; `messages` came, with their receivers in `receivers`."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.receivers: list[list[str]] = []
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_of(server: MailServer) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            receivers: list[str] = []
            self.say("220 ready")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"RCPT":
                    receivers.append(line.decode().partition("<")[2].partition(">")[0])
                if word == b"DATA":
                    self.say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    whole = message_from_bytes(b"".join(lines), policy=policy.default)
                    server.messages.append(whole)
                    server.receivers.append(receivers)
                self.say("221 bye" if word == b"QUIT" else "250 good")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    return Handler
