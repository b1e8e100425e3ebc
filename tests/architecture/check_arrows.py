#!/usr/bin/python3
"""Checks every #include of the library and the host tools against the rooms of docs/architecture.md, and that table
against what is checked here.

Usage: check_arrows.py ROOT. Prints each forbidden arrow, and each allowed one that nothing uses; exits with 1 if there
is one. tools/rooms_picture.py draws what is found.
"""
import collections
import pathlib
import re
import sys

LOWER = {"base": set()}
LOWER["chip"] = {"base"}
LOWER["crypto"] = {"base", "chip"}
LOWER["mqtt"] = {"base"}
LOWER["net"] = {"base", "chip"}
LOWER["settings"] = {"base", "chip", "crypto"}
LOWER["wifi"] = {"base", "chip"}
LOWER["ota"] = {"base", "chip", "crypto", "net", "settings"}
LOWER["console"] = {"base", "chip", "crypto", "settings"}
LOWER["link"] = {"base", "chip", "mqtt", "net"}
LOWER["record"] = {"base", "chip"}
LOWER["life"] = {"base", "chip", "crypto", "settings"}
LOWER["portal"] = {"base", "chip", "net", "settings", "ota", "life"}
LOWER["device"] = set(LOWER)
# The one header authors include.
LOWER[""] = {"device"}
# What the simulated chip may know.
VCHIP = {"base", "chip", "crypto"}
VCHIP_HEADER = "esb/ota/descriptor.hpp"
# What the form of NVS may know.
NVS = {"base", "crypto"}
NVS_HEADER = "host/vchip/xts.hpp"

# The only files that may know a library from outside.
OUTSIDE = {
    "mbedtls/": {"src/esb/crypto/mbedtls_version.hpp", "src/esb/crypto/mbedtls_classic.hpp",
                 "src/esb/crypto/mbedtls_psa.hpp", "src/esb/crypto/crypto_classic.cpp",
                 "src/esb/crypto/shared_secret_classic.cpp", "src/esb/crypto/certificate.cpp",
                 "src/esb/net/tls_version.hpp", "src/esb/net/tls_version_2.hpp", "src/esb/net/tls_version_3.hpp",
                 "src/esb/net/tls_version_4.hpp", "src/esb/net/tls_version_classic.hpp",
                 "src/esb/net/tls_version_iana.hpp",
                 "src/esb/net/tls_context.hpp", "src/esb/net/tls_context.cpp",
                 "src/esb/net/tls_library.hpp", "src/esb/net/tls_library.cpp",
                 "src/esb/net/tls_resumption.hpp", "src/esb/net/tls_resumption.cpp",
                 "src/esb/net/tls_trust.hpp", "src/esb/net/tls_trust.cpp"},
    "psa/": {"src/esb/crypto/mbedtls_psa.hpp", "src/esb/crypto/hash_psa.hpp", "src/esb/net/tls_version_3.hpp",
             "src/esb/net/tls_version_4.hpp"},
    "http_parser.h": {"src/esb/net/http_request.hpp", "src/esb/net/http_response.hpp"},
    "cJSON.h": {"src/esb/base/json.cpp"},
}
LINUX = re.compile(r"^(sys/|unistd\.h|fcntl\.h|poll\.h|netdb\.h|arpa/|netinet/|pthread\.h|thread|mutex|iostream|regex)")
# The port's folder, the only one that may know ESP-IDF, and its one file that starts the firmware.
PORT = "src/esb/chip/esp32/"
PORT_START = PORT + "app_main.cpp"
ESP_IDF = re.compile(r"^(esp_|nvs|bootloader_|sdkconfig\.h|freertos/|driver/|lwip/|soc/|hal/|rom/)")
NOT_IN_PORT = re.compile(r"^(thread|mutex|iostream|regex|string|vector|functional)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def includes(file):
    return INCLUDE.findall(file.read_text(encoding="utf-8"))


def check_port(root):
    """The port includes ESP-IDF, chip/ and base/; only its start knows who is started."""
    for file in sorted((root / PORT).rglob("*.[ch]pp")):
        relative = file.relative_to(root).as_posix()
        for target in includes(file):
            allowed = target.startswith(("esb/chip/", "esb/base/"))
            if relative == PORT_START and target == "esb/device/firmware.hpp":
                allowed = True
            if target.startswith(("esb/", "host/")) and not allowed:
                yield f"{relative}: the ESP32 port may not include {target}"
            if NOT_IN_PORT.match(target):
                yield f"{relative}: the library may not know <{target}>"


def check_library(root):
    for file in sorted((root / "src/esb").rglob("*.[ch]pp")):
        relative = file.relative_to(root).as_posix()
        parts = file.relative_to(root / "src/esb").parts
        room = parts[0] if len(parts) > 1 else ""
        if relative.startswith(PORT):
            continue  # check_port
        for target in includes(file):
            if ESP_IDF.match(target) or target.startswith("esb/chip/esp32/"):
                yield f"{relative}: only {PORT} may include {target}"
            if target.startswith("esb/"):
                other = target.split("/")[1]
                if other != room and other not in LOWER[room]:
                    yield f"{relative}: {room or 'esb.hpp'} may not include {target}"
            elif target.startswith("host/"):
                yield f"{relative}: the library may not know {target}"
            elif LINUX.match(target):
                yield f"{relative}: the library may not know <{target}>"
            else:
                for prefix, allowed in OUTSIDE.items():
                    if target.startswith(prefix) and relative not in allowed:
                        yield f"{relative}: only {sorted(allowed)} may include <{target}>"


AUTHORS_HEADERS = 12  # what esb.hpp may pull in, so that an author's build stays quick and their editor's list short


def check_authors_face(root):
    """esb.hpp and all it includes, directly or not."""
    seen = set()
    todo = ["esb/esb.hpp"]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        todo += [target for target in includes(root / "src" / name) if target.startswith("esb/")]
    if len(seen) - 1 > AUTHORS_HEADERS:
        yield f"esb.hpp pulls in {len(seen) - 1} headers, at most {AUTHORS_HEADERS}: {sorted(seen)}"


def room_of(folders):
    """The port is the room chip/esp32; other folders within a room belong to it."""
    return "chip/esp32" if "/".join(folders) == "chip/esp32" else "/".join(folders[:1])


def room_arrows(root):
    """How many includes lead from a room to another: {(room, other): count}."""
    counts = collections.Counter()
    for file in sorted((root / "src/esb").rglob("*.[ch]pp")):
        parts = file.relative_to(root / "src/esb").parts
        room = room_of(parts[:-1])
        for target in includes(file):
            other = room_of(target.split("/")[1:-1])
            if target.startswith("esb/") and other != room:
                counts[room, other] += 1
    return counts


def check_unused(root):
    used = room_arrows(root)
    for room, lower in LOWER.items():
        for other in sorted(lower):
            if not used[room, other]:
                yield f"{room} may include {other}, and nothing does: check_arrows.py, docs/architecture.md"


def check_page(root):
    """The table of docs/architecture.md says the same as this file."""
    page = (root / "docs/architecture.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(src/esb/[\w/.]+|host/vchip|host/nvs)` \|.*\| ([^|]+) \|$", page, re.M))
    expected = {f"src/esb/{room or 'esb.hpp'}": lower for room, lower in LOWER.items()}
    expected[PORT.rstrip("/")] = {"base", "chip"}
    expected["host/vchip"] = VCHIP
    expected["host/nvs"] = NVS
    for room, lower in expected.items():
        row = rows.pop(room, "").split(";")[0]
        said = {word for word in re.split(r", ", row) if re.fullmatch(r"\w+", word)}
        if "all of the above" in row:
            said = set(LOWER) - {"", "device"}
        if said != lower:
            yield f"docs/architecture.md: {room} may include {sorted(lower)}, the page says {sorted(said)}"
    for room in rows:
        yield f"docs/architecture.md: no room {room}"


def check_build(root):
    """CMakeLists.txt links a room with what it may include."""
    text = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    text = text.replace("${portal}", "portal")  # which may be left out
    linked = dict(re.findall(r"^ *esb_room\((\w+)([^)]*)\)", text, re.M))
    for room, lower in LOWER.items():
        depends = re.search(r"DEPENDS([ a-z]+)", linked.get(room, ""))
        if room and set(depends.group(1).split() if depends else ()) != lower - {"", "device"}:
            yield f"CMakeLists.txt: esb_room({room}) does not depend on {sorted(lower - {'', 'device'})}"


CLI_MBEDTLS = {"library", "library_classic", "library_psa", "read_certificate", "est_tls"}


def check_host(root):
    for file in sorted((root / "host/vchip").rglob("*.[ch]pp")):
        relative = file.relative_to(root).as_posix()
        for target in includes(file):
            room = target.split("/")[1] if target.startswith("esb/") else ""
            if target.startswith("host/cli"):
                yield f"{relative}: the virtual chip may not know the command line"
            if room and room not in VCHIP and target != VCHIP_HEADER and "firmware/" not in relative:
                yield f"{relative}: the virtual chip may not include {target}"
    for file in sorted((root / "host/nvs").rglob("*.[ch]pp")):
        relative = file.relative_to(root).as_posix()
        for target in includes(file):
            room = target.split("/")[1] if target.startswith(("esb/", "host/")) else ""
            if room and room not in NVS | {"nvs"} and target != NVS_HEADER:
                yield f"{relative}: the form of NVS may not include {target}"
            if target.startswith(("mbedtls/", "psa/")):
                yield f"{relative}: the form of NVS may not include <{target}>"
    for file in sorted((root / "host/cli").rglob("*.[ch]pp")):
        for target in includes(file):
            if target.startswith(("mbedtls/", "psa/")) and file.stem not in CLI_MBEDTLS:
                yield f"{file.relative_to(root).as_posix()}: only {sorted(CLI_MBEDTLS)} may include <{target}>"


def main():
    root = pathlib.Path(sys.argv[1])
    checks = [check_library, check_port, check_authors_face, check_host, check_unused, check_page, check_build]
    wrong = [line for check in checks for line in check(root)]
    files = len(list((root / "src").rglob("*.[ch]pp"))) + len(list((root / "host").rglob("*.[ch]pp")))
    print("\n".join(wrong) if wrong else f"{files} files, every arrow points down")
    return 1 if wrong or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
