"""A reader of NVS partitions written from ESP-IDF's guide ("NVS: Internals", "NVS Encryption"), with none of our code.

Strict: whatever is not as the guide says raises NvsError.
"""

import hashlib
import hmac
import struct
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE, ENTRY, ENTRIES = 4096, 32, 126
INTEGERS = {0x01: "<B", 0x11: "<b", 0x02: "<H", 0x12: "<h", 0x04: "<I", 0x14: "<i", 0x08: "<Q", 0x18: "<q"}
TEXT, BLOB_PART, BLOB_INDEX = 0x21, 0x42, 0x48


class NvsError(Exception):
    pass


def need(condition, what):
    if not condition:
        raise NvsError(what)


def crc(data: bytes) -> int:
    return zlib.crc32(data, 0xFFFFFFFF)


def keys_of_partition(image: bytes) -> bytes:
    need(len(image) == PAGE and image[68:] == b"\xff" * (PAGE - 68), "not a page")
    need(struct.unpack_from("<I", image, 64)[0] == crc(image[:64]), "the keys' checksum")
    return image[:64]


def keys_of_hmac_key(key: bytes) -> bytes:
    need(len(key) == 32, "an HMAC key has 32 bytes")
    return b"".join(hmac.new(key, seed * 8, hashlib.sha256).digest() for seed in (b"\x5a\x5a\xbe\xae", b"\xa5\xa5\xde\xce"))


class Partition:
    """`values`: {(namespace, key): value}. `plain`: the whole image as it is without encryption."""

    def __init__(self, image: bytes, keys: bytes | None = None):
        need(len(image) % PAGE == 0 and len(image) >= 3 * PAGE, "size")
        self.keys = keys
        self.plain = bytearray(image)
        self.names: dict[int, str] = {}
        self.values: dict[tuple[str, str], object] = {}
        self.parts: dict[tuple[int, str, int], bytes] = {}
        self.indexes: dict[tuple[int, str], tuple[int, int, int]] = {}
        self.found: dict[tuple[int, str], object] = {}
        used = [at for at in range(0, len(image), PAGE) if image[at:at + 32] != b"\xff" * 32]
        need(used == list(range(0, len(used) * PAGE, PAGE)), "pages are used from the first one on")
        need(len(used) < len(image) // PAGE, "one page stays free")
        for number, at in enumerate(used):
            state, sequence, version = struct.unpack_from("<IIB", image, at)
            need(state == (0xFFFFFFFE if number == len(used) - 1 else 0xFFFFFFFC), "the last page is active, others are full")
            need(sequence == number and version == 0xFE, "sequence or version")
            need(struct.unpack_from("<I", image, at + 28)[0] == crc(image[at + 4:at + 28]), "a header's checksum")
            self.page(at)
        self.finish()

    def entries(self, at: int, index: int, count: int) -> bytes:
        out = b""
        for place in range(at + 64 + index * ENTRY, at + 64 + (index + count) * ENTRY, ENTRY):
            piece = bytes(self.plain[place:place + ENTRY])
            if self.keys is not None:
                decryptor = Cipher(algorithms.AES(self.keys), modes.XTS(place.to_bytes(16, "little"))).decryptor()
                piece = decryptor.update(piece) + decryptor.finalize()
                self.plain[place:place + ENTRY] = piece
            out += piece
        return out

    def page(self, at: int):
        written = [self.plain[at + 32 + i // 4] >> 2 * (i % 4) & 3 for i in range(ENTRIES)]
        need(set(written) <= {2, 3}, "entries are written or free")
        need(self.plain[at + 32 + 31] >> 4 == 0xF, "the bitmap's last four bits")
        index = 0
        while index < ENTRIES and written[index] == 2:
            entry = self.entries(at, index, 1)
            space, kind, span, chunk, check = struct.unpack_from("<BBBBI", entry)
            need(check == crc(entry[:4] + entry[8:]), "an entry's checksum")
            need(1 <= span <= ENTRIES - index and set(written[index:index + span]) == {2}, "span")
            key = entry[8:24].rstrip(b"\0").decode("ascii")
            need(0 < len(key) <= 15, "key")
            self.entry(space, kind, chunk, key, entry[24:], self.entries(at, index + 1, span - 1))
            index += span
        need(set(written[index:]) <= {3}, "nothing behind a free entry")
        rest = self.plain[at + 64 + index * ENTRY:at + PAGE]
        need(bytes(rest) == b"\xff" * len(rest), "what is free is erased")

    def entry(self, space: int, kind: int, chunk: int, key: str, value: bytes, behind: bytes):
        if kind in INTEGERS:
            form = INTEGERS[kind]
            number = struct.unpack_from(form, value)[0]
            need(value[struct.calcsize(form):] == b"\xff" * (8 - struct.calcsize(form)) and not behind, "an integer's end")
            if space == 0:
                need(kind == 1 and number not in self.names, "a namespace")
                self.names[number] = key
            else:
                self.store(space, key, number)
        elif kind == BLOB_INDEX:
            need(chunk == 0xFF and value[6:] == b"\xff\xff" and not behind, "an index")
            self.indexes[space, key] = struct.unpack_from("<IBB", value)
        else:
            need(kind in (TEXT, BLOB_PART), f"type {kind:#x}")
            size, check = struct.unpack("<H2xI", value)
            data = behind[:size]
            need(-(-size // ENTRY) * ENTRY == len(behind) and check == crc(data), "bytes behind an entry")
            need(behind[size:] == b"\xff" * (len(behind) - size), "filled with 0xFF")
            if kind == TEXT:
                need(data.endswith(b"\0") and chunk == 0xFF, "a text's end")
                self.store(space, key, data[:-1].decode())
            else:
                need((space, key, chunk) not in self.parts, "a part comes twice")
                self.parts[space, key, chunk] = data

    def store(self, space: int, key: str, value):
        need((space, key) not in self.found, f"{key} comes twice")
        self.found[space, key] = value

    def finish(self):
        for (space, key), (size, count, first) in self.indexes.items():
            whole = b"".join(self.parts.pop((space, key, first + n)) for n in range(count))
            need(len(whole) == size, "a blob's size")
            self.store(space, key, whole)
        need(not self.parts, "parts without an index")
        self.values = {(self.names[space], key): value for (space, key), value in self.found.items()}
