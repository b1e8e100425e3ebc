#!/usr/bin/env python3
"""Uploads firmware over the air: signs the image, puts it on a web server, publishes the envelope and waits until the
device has confirmed. All of it through `esb`; PlatformIO's `ota` environment calls this.

    ota_upload.py --image build/basic.bin --key update-key.pem --ident ESP-C44F330A9C35 --broker 127.0.0.1:1884
                  (--serve 192.168.1.10[:PORT] | --url http://files.example/basic.bin)

--serve answers the device's download from this machine for the time of the upload: the address is this machine's as the
device sees it. --url names a place where the image lies already.
"""

import argparse
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading


def serve(image: pathlib.Path, where: str, bind: str | None) -> tuple[http.server.ThreadingHTTPServer, str]:
    """A web server that has this one file, under a name that is its own; the URL."""

    class OneFile(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path != f"/{image.name}":
                return self.send_error(404)
            data = image.read_bytes()
            first = self.first_wanted(len(data))
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - first))
            self.end_headers()
            self.wfile.write(data[first:])

        def first_wanted(self, size: int) -> int:
            """A device that lost its connection asks for the rest: "bytes=N-"."""
            kind, _, begin = self.headers.get("Range", "").partition("=")
            number = begin.removesuffix("-")
            return int(number) if kind == "bytes" and number.isdigit() and int(number) < size else 0

        def log_message(self, *_):
            pass

    address, _, port = where.partition(":")
    server = http.server.ThreadingHTTPServer((bind or address, int(port or 0)), OneFile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://{address}:{server.server_address[1]}/{image.name}"


def esb_command(wanted: str | None) -> str:
    command = wanted or os.environ.get("ESB") or shutil.which("esb")
    if not command:
        sys.exit("ota_upload: the esb command was not found; give --esb, or set ESB")
    return command


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", type=pathlib.Path, required=True, help="the firmware, as the build made it")
    parser.add_argument("--key", type=pathlib.Path, required=True, help="the private update key (PEM)")
    parser.add_argument("--ident", required=True, help="the device's identity")
    parser.add_argument("--broker", metavar="HOST:PORT", help="the broker's port for tools (as esb ota)")
    parser.add_argument("--floor", type=int, help="from now on refuse anything older than this seq")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--serve", metavar="ADDRESS[:PORT]", help="serve the image from this machine")
    place.add_argument("--url", help="where the image lies")
    parser.add_argument("--bind", help="listen here instead of at the address of --serve (behind a translation)")
    parser.add_argument("--timeout", type=int, default=600, help="seconds until the device must have confirmed (600)")
    parser.add_argument("--esb", help="the esb command (default: $ESB, or from PATH)")
    return parser.parse_args()


def main() -> int:
    wanted = arguments()
    esb = esb_command(wanted.esb)
    for file in (wanted.image, wanted.key):
        if not file.is_file():
            sys.exit(f"ota_upload: {file} does not exist")
    server, url = serve(wanted.image, wanted.serve, wanted.bind) if wanted.serve else (None, wanted.url)
    try:
        with tempfile.TemporaryDirectory() as folder:
            envelope = pathlib.Path(folder, "envelope.jws")
            more = ["--floor", str(wanted.floor)] if wanted.floor is not None else []
            signed = subprocess.run([esb, "sign", "--key", wanted.key, "--image", wanted.image, "--url", url, *more,
                                     "-o", envelope])
            if signed.returncode != 0:
                return signed.returncode
            more = ["--broker", wanted.broker] if wanted.broker else []
            return subprocess.run([esb, "ota", wanted.ident, envelope, *more, "--timeout",
                                   str(wanted.timeout)]).returncode
    finally:
        if server:
            server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
