"""The greenhouse on the virtual chip, with the sensor in Python (docs/pytest-esb.md)."""

import pytest

from pytest_esb.pins import I2cDevice

FAN, LAMP = 6, 7


class Sht4x(I2cDevice):
    address = 0x44
    temperature, humidity = 21.0, 50.0

    def write(self, data):
        return data == b"\xfd"

    def read(self, count):
        return b"".join(word + bytes([crc8(word)]) for word in (
            round(share * 65535).to_bytes(2, "big") for share in ((self.temperature + 45) / 175, (self.humidity + 6) / 125)))


def crc8(data: bytes) -> int:
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x31 if crc & 0x80 else 0)) & 0xFF
    return crc


@pytest.fixture
def sensor(chip):
    return chip.i2c(Sht4x())


def test_the_checksum_is_that_of_the_data_sheet():
    assert crc8(b"\xbe\xef") == 0x92


def test_it_publishes_what_the_sensor_measures(chip, sensor):
    chip.go_on_line()
    assert chip.expect_message("temperature") == "21"
    assert chip.expect_message("humidity") == "50"
    sensor.temperature = 30.0
    chip.expect_message("temperature", "^30")
    assert chip.pwm(FAN).read() == pytest.approx(0.5, abs=0.01)


def test_the_lamp_hangs_at_its_pin(chip):
    chip.wait_until("the lamp is off", lambda: chip.pin(LAMP).read() == 0)
    chip.ask("lamp on", "lamp is on")
    assert chip.pin(LAMP).read() == 1
    chip.cut_power()
    chip.wait_until("the lamp is off again", lambda: chip.pin(LAMP).read() == 0)


def test_without_a_sensor_the_fan_runs_and_the_recorder_knows_why(chip):
    chip.wait_until("the fan", lambda: chip.pwm(FAN).read() == 1.0)
    chip.ask("log", r"greenhouse\.sensor|the air sensor does not answer")
