"""An emulated chip beside a broker whose other listeners are known by a certificate."""

import subprocess

from certified import Certified
from pytest_esb.emulated_chip import HOST, HOST_V6
from on_chip import ChipDevice

LOCAL_NAME = "broker.local"


class CertifiedChip(Certified, ChipDevice):
    host = HOST
    names = f"IP:{HOST},IP:{HOST_V6},DNS:{LOCAL_NAME}"

    def taken_over(self, port: int, said: str = ""):
        """Ends the connection but nothing that the broker knows: somebody comes as the same client."""
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "--insecure", "--cafile",
                        self.pki.path("root.pem"), "-i", self.identity, "-u", self.identity, "-P", "not a secret: 1", "-q",
                        "1", "-t", f"{self.base}/ping", "-m", "x"], check=True, timeout=60)
        self.chip.expect(rf"tls: TLS-[\w-]+{said}\r*\n", 180)
        self.reconnected(port)
