"""Firmware on ESP32 Secure Base, tested with pytest: docs/pytest-esb.md of that project."""

__version__ = "0.1.0"

# Where the package is installed, pytest loads it for every project of the machine: it must not stop others.
try:
    import pexpect  # noqa: F401
except ImportError:
    def pytest_report_header():
        return "esb: pexpect is missing (apt install python3-pexpect), so its fixtures are, too"
else:
    pytest_plugins = ["pytest_esb.plugin"]  # which brings the fixtures
