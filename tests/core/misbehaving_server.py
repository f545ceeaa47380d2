"""A server of this machine that sends files, and misbehaves in every way that is asked of it."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Outside(BaseHTTPRequestHandler):
    """Serves what the test put into `server.files`, in the way that the path's first part names."""

    def do_GET(self) -> None:
        how, _, file = self.path.strip("/").partition("/")
        content = self.server.files.get(file)
        self.server.asked.append(self.path)
        if how == "moved":
            self.send_response(302)
            self.send_header("Location", f"/well/{file}")
            self.end_headers()
            return
        if how == "round":
            self.send_response(302)
            self.send_header("Location", self.path)
            self.end_headers()
            return
        if how == "gone" or content is None:
            self.send_error(404)
            return
        if how == "busy":
            self.send_error(503)
            return
        self.send_response(200)
        if how != "unannounced":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            if how == "cut":
                self.wfile.write(content[: len(content) // 2])
                self.connection.close()
            elif how == "silent":
                self.wfile.write(content[:1000])
                self.server.enough.wait(20)
            elif how == "slow":
                for begin in range(0, len(content), 500):
                    self.wfile.write(content[begin : begin + 500])
                    if self.server.enough.wait(0.2):
                        break
            elif how == "replaced":
                self.wfile.write(bytes(len(content)))
            elif how == "endless":
                while not self.server.enough.is_set():
                    self.wfile.write(content)
            else:
                self.wfile.write(content)
        except OSError:
            pass  # whoever asked is gone

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(**files: bytes) -> Iterator[ThreadingHTTPServer]:
    """Run a server that has these files, by name."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    server.daemon_threads = True
    server.files, server.asked, server.enough = files, [], threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.enough.set()
    server.shutdown()
    server.server_close()
