"""A relay to the sandbox that makes the way as long as a network: half a round trip in each direction.

A client on one machine connects at once. On a network it waits for a round trip before it can send its
first byte. So the relay holds the first byte of each connection back for one round trip more.
"""

import queue
import socket
import threading
import time


class Relay:
    """Listens on a free port of 127.0.0.1 and passes everything on to another port, late."""

    def __init__(self, port, round_trip_ms):
        self.target = ("127.0.0.1", port)
        self.round_trip = round_trip_ms / 1000
        # How many connections came, also those that never carried a request.
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(self.target)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._carry(client, server, 1.5 * self.round_trip, 0.5 * self.round_trip)
            self._carry(server, client, 0.5 * self.round_trip, 0.5 * self.round_trip)

    @staticmethod
    def _carry(source, sink, first, later):
        """Passes bytes on in one direction: the first ones after `first` seconds, the others after `later`."""
        waiting = queue.SimpleQueue()

        def read():
            delay = first
            while True:
                try:
                    piece = source.recv(65536)
                except OSError:
                    piece = b""
                waiting.put((time.monotonic() + delay, piece))
                if not piece:
                    return
                delay = later

        def write():
            last = 0.0
            while True:
                due, piece = waiting.get()
                # Nothing overtakes the first byte, which waits longer.
                last = max(due, last)
                time.sleep(max(0.0, last - time.monotonic()))
                try:
                    if not piece:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    sink.sendall(piece)
                except OSError:
                    return

        for work in (read, write):
            threading.Thread(target=work, daemon=True).start()
