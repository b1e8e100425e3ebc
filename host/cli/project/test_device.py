"""The firmware on the virtual chip. The fixtures are those of pytest-esb: chip, fleet, broker, web, air, clock.

    pytest --every-cut       each test again, with the power cut at each operation of the flash
    pytest --faults 1        in a hostile world
"""


def test_the_lamp_obeys_at_the_console(chip):
    chip.ask("lamp on", "lamp is on")
    chip.ask("lamp off", "lamp is off")


def test_the_lamp_obeys_over_mqtt(chip):
    chip.go_on_line()
    chip.publish("lamp", "on", retain=True)
    assert chip.expect_message("lamp/state") == "on"


def test_the_period_has_bounds(chip):
    chip.ask("config set sensor.period 0", r"setting\.range")
    chip.ask("config get sensor.period", "sensor.period = 10")


def test_the_period_outlives_a_loss_of_power(chip):
    chip.ask("config set sensor.period 60", "ok")
    chip.cut_power()
    chip.ask("config get sensor.period", "sensor.period = 60")
