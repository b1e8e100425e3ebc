"""A web server with whatever manners a test wants: plain sockets, one thread a connection."""

import socket
import threading
import time


class Rude:
    """`answer(connection, path, head, number)` is called for each request; the connection is closed afterwards."""

    def __init__(self, lab, answer):
        self.answer = answer
        self.requests: list[tuple[str, str]] = []  # path, head
        self.over = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        lab.keep_track(self)

    def url(self, path: str = "/i.img") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _serve(self):
        while not self.over:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket):
        connection.settimeout(30)
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(4096)
                if not piece:
                    return
                head += piece
            text = head.decode("latin-1")
            path = text.split(" ", 2)[1]
            self.requests.append((path, text))
            self.answer(connection, path, text, len(self.requests))
        except OSError:
            pass
        finally:
            connection.close()

    def stop(self):
        self.over = True
        self.listener.close()


def start_of(head: str) -> int:
    """Where a request wants to begin."""
    at = head.find("Range: bytes=")
    return int(head[at + 13:].split("-", 1)[0]) if at >= 0 else 0


def send(connection, status: str, body: bytes, *lines: str, length: bool = True):
    fields = [*lines] + ([f"Content-Length: {len(body)}"] if length else [])
    connection.sendall(f"HTTP/1.1 {status}\r\n{''.join(line + chr(13) + chr(10) for line in fields)}\r\n".encode() + body)


def serve_rest(connection, head: str, data: bytes, most: int | None = None, *lines: str):
    """An honest answer, with Range; at most so many bytes of body, then the connection ends."""
    start = start_of(head)
    body = data[start:]
    status = "206 Partial Content" if start else "200 OK"
    fields = [f"Content-Length: {len(body)}", *lines]
    if start:
        fields.append(f"Content-Range: bytes {start}-{len(data) - 1}/{len(data)}")
    connection.sendall((f"HTTP/1.1 {status}\r\n" + "".join(f"{line}\r\n" for line in fields) + "\r\n").encode())
    connection.sendall(body if most is None else body[:most])


def drip(connection, data: bytes, seconds: float):
    """A byte a second."""
    until = time.monotonic() + seconds
    for byte in data:
        if time.monotonic() > until:
            return
        connection.sendall(bytes([byte]))
        time.sleep(1)
