// Sensirion's SHT4x: temperature and humidity by I2C (its data sheet, sections 4.4 to 4.6).
#pragma once

#include <esb/base/bytes.hpp>
#include <esb/base/result.hpp>
#include <esb/chip/pins/i2c.hpp>

#include <array>

inline constexpr esb::ErrorKind sht4x_checksum{"sht4x.checksum", "the sensor's answer has a wrong checksum"};

class Sht4x {
public:
    struct Reading {
        float temperature;  // degrees Celsius
        float humidity;     // percent
    };

    explicit Sht4x(esb::chip::I2c& bus) : bus_(bus) {}

    // A measurement takes 8.3 ms, in which the sensor does not answer.
    esb::Status begin() { return bus_.write(address, std::array<std::uint8_t, 1>{measure_precisely}); }
    // What the latest begin() has measured. sht4x_checksum, i2c_no_answer: not yet, or no sensor.
    esb::Result<Reading> read() {
        std::array<std::uint8_t, 6> got{};
        ESB_TRY(bus_.read(address, got));
        const auto bytes = esb::ConstBytes(got);
        if (!is_whole(bytes.first(3)) || !is_whole(bytes.last(3))) return esb::fail(sht4x_checksum);
        const float humidity = -6 + 125 * share(bytes.last(3));
        return Reading{-45 + 175 * share(bytes.first(3)), humidity < 0 ? 0 : humidity > 100 ? 100 : humidity};
    }

private:
    static constexpr std::uint8_t address = 0x44;
    static constexpr std::uint8_t measure_precisely = 0xFD;

    // CRC-8 of two bytes, polynomial 0x31, begun with 0xFF; the third byte.
    static bool is_whole(esb::ConstBytes word) {
        std::uint8_t crc = 0xFF;
        for (const std::uint8_t byte : word.first(2)) {
            crc ^= byte;
            for (int bit = 0; bit < 8; ++bit)
                crc = static_cast<std::uint8_t>((crc & 0x80) != 0 ? crc << 1 ^ 0x31 : crc << 1);
        }
        return crc == word[2];
    }
    static float share(esb::ConstBytes word) { return static_cast<float>(word[0] << 8 | word[1]) / 65535; }

    esb::chip::I2c& bus_;
};
