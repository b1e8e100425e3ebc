"""Certificates by openssl(1), in a folder of the laboratory."""

import pathlib
import subprocess


class Pki:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir()

    def run(self, *arguments, **options) -> bytes:
        return subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder, check=True, capture_output=True,
                              **options).stdout

    def path(self, name: str) -> pathlib.Path:
        return self.folder / name

    def pem(self, name: str) -> str:
        return self.path(f"{name}.pem").read_text()

    def key(self, name: str, kind: str = "P-256"):
        how = (["RSA", "-pkeyopt", f"rsa_keygen_bits:{kind[4:]}"] if kind.startswith("rsa:")
               else ["EC", "-pkeyopt", f"ec_paramgen_curve:{kind}"])
        self.run("genpkey", "-out", f"{name}.key", "-algorithm", *how)

    def certify(self, name: str, by: str | None, extensions: str, request: str | None = None, days: int = 90):
        self.path(f"{name}.cnf").write_text(f"[x]\n{extensions}\n")
        if request is None:
            self.run("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        else:
            self.path(f"{name}.csr").write_text(request)
        signer = ["-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial"] if by else ["-signkey", f"{name}.key"]
        self.run("x509", "-req", "-in", f"{name}.csr", *signer, "-sha256", "-days", days, "-extfile", f"{name}.cnf",
                 "-extensions", "x", "-out", f"{name}.pem")

    def authority(self, name: str, kind: str = "P-256"):
        self.key(name, kind)
        self.certify(name, None, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign")

    def server(self, name: str, by: str, names: str = "DNS:localhost,IP:127.0.0.1", kind: str = "P-256"):
        self.key(name, kind)
        self.certify(name, by, f"subjectAltName={names}\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth")

    def device(self, name: str, by: str, request: str):
        """From a device's own request."""
        self.certify(name, by, "extendedKeyUsage=clientAuth", request)

    def pin(self, name: str) -> str:
        public = self.run("x509", "-in", f"{name}.pem", "-noout", "-pubkey")
        der = self.run("pkey", "-pubin", "-outform", "DER", input=public)
        return self.run("dgst", "-sha256", "-r", input=der).decode().split()[0]
