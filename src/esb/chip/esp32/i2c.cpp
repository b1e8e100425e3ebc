// chip::i2c() on ESP-IDF's drivers: that of 5.2 and later, or the older one, which 5.1 has alone. An image may have only one of
// them, so an author who uses one directly takes the same.
#include "esb/chip/pins/i2c.hpp"

#include <driver/gpio.h>

#if __has_include(<driver/i2c_master.h>)
#include <driver/i2c_master.h>
#define ESB_I2C_MASTER 1
#else
#include <driver/i2c.h>
#include <freertos/FreeRTOS.h>
#define ESB_I2C_MASTER 0
#endif

#include <array>
#include <cstddef>

namespace esb::chip {
namespace {

constexpr int patience_ms = 100;
constexpr std::uint32_t hertz_min = 1'000;
constexpr std::uint32_t hertz_max = 1'000'000;

bool is_pin(int pin) { return pin >= 0 && pin < GPIO_NUM_MAX && GPIO_IS_VALID_OUTPUT_GPIO(pin); }

// What an address that does not acknowledge looks like differs between the releases.
Status judged(esp_err_t code) {
    if (code == ESP_OK) return {};
    if (code == ESP_FAIL || code == ESP_ERR_NOT_FOUND || code == ESP_ERR_INVALID_STATE ||
        code == ESP_ERR_INVALID_RESPONSE) {
        return fail(errors::i2c_no_answer, code);
    }
    return fail(errors::pin_failed, code);
}

// What differs: how the bus is opened, and a transfer, of which at least one part is not empty.
#if ESB_I2C_MASTER

class Driver {
public:
    esp_err_t open(gpio_num_t sda, gpio_num_t scl, std::uint32_t hertz) {
        i2c_master_bus_config_t config{};
        config.i2c_port = I2C_NUM_0;
        config.sda_io_num = sda;
        config.scl_io_num = scl;
        config.clk_source = I2C_CLK_SRC_DEFAULT;
        config.glitch_ignore_cnt = 7;  // what ESP-IDF's page recommends
        config.flags.enable_internal_pullup = 1;
        hertz_ = hertz;
        return i2c_new_master_bus(&config, &bus_);
    }
    Status transfer(std::uint8_t address, ConstBytes bytes, MutBytes out) {
        const auto with = device(address);
        if (!with) return fail(with.error());
        if (out.empty()) return judged(i2c_master_transmit(*with, bytes.data(), bytes.size(), patience_ms));
        if (bytes.empty()) return judged(i2c_master_receive(*with, out.data(), out.size(), patience_ms));
        return judged(
            i2c_master_transmit_receive(*with, bytes.data(), bytes.size(), out.data(), out.size(), patience_ms));
    }

private:
    struct Known {
        std::uint8_t address = 0;
        i2c_master_dev_handle_t handle = nullptr;
    };

    // The driver wants each device of the bus by name.
    Result<i2c_master_dev_handle_t> device(std::uint8_t address) {
        for (auto& known : known_) {
            if (known.handle != nullptr && known.address != address) continue;
            if (known.handle != nullptr) return known.handle;
            i2c_device_config_t config{};
            config.dev_addr_length = I2C_ADDR_BIT_LEN_7;
            config.device_address = address;
            config.scl_speed_hz = hertz_;
            const esp_err_t code = i2c_master_bus_add_device(bus_, &config, &known.handle);
            if (code != ESP_OK) return fail(errors::pin_failed, code);
            known.address = address;
            return known.handle;
        }
        return fail(errors::full);
    }

    i2c_master_bus_handle_t bus_ = nullptr;
    std::uint32_t hertz_ = 0;
    std::array<Known, 8> known_{};
};

#else

class Driver {
public:
    esp_err_t open(gpio_num_t sda, gpio_num_t scl, std::uint32_t hertz) {
        i2c_config_t config{};
        config.mode = I2C_MODE_MASTER;
        config.sda_io_num = sda;
        config.scl_io_num = scl;
        config.sda_pullup_en = true;
        config.scl_pullup_en = true;
        config.master.clk_speed = hertz;
        const esp_err_t code = i2c_param_config(I2C_NUM_0, &config);
        return code == ESP_OK ? i2c_driver_install(I2C_NUM_0, I2C_MODE_MASTER, 0, 0, 0) : code;
    }
    Status transfer(std::uint8_t address, ConstBytes bytes, MutBytes out) {
        constexpr TickType_t patience = pdMS_TO_TICKS(patience_ms);
        if (out.empty())
            return judged(i2c_master_write_to_device(I2C_NUM_0, address, bytes.data(), bytes.size(), patience));
        if (bytes.empty())
            return judged(i2c_master_read_from_device(I2C_NUM_0, address, out.data(), out.size(), patience));
        return judged(i2c_master_write_read_device(I2C_NUM_0, address, bytes.data(), bytes.size(), out.data(),
                                                   out.size(), patience));
    }
};

#endif

class PortI2c final : public I2c {
public:
    Status open(int sda, int scl, std::uint32_t hertz) override {
        if (!is_pin(sda) || !is_pin(scl) || sda == scl) return fail(errors::pin_invalid, sda);
        if (hertz < hertz_min || hertz > hertz_max) return fail(errors::invalid_argument);
        if (open_) return fail(errors::pin_failed);
        const esp_err_t code = driver_.open(static_cast<gpio_num_t>(sda), static_cast<gpio_num_t>(scl), hertz);
        open_ = code == ESP_OK;
        return open_ ? Status() : fail(errors::pin_failed, code);
    }
    Status write(std::uint8_t address, ConstBytes bytes) override { return transfer(address, bytes, {}, !bytes.empty()); }
    Status read(std::uint8_t address, MutBytes out) override { return transfer(address, {}, out, !out.empty()); }
    Status write_read(std::uint8_t address, ConstBytes bytes, MutBytes out) override {
        return transfer(address, bytes, out, !bytes.empty() && !out.empty());
    }

private:
    Status transfer(std::uint8_t address, ConstBytes bytes, MutBytes out, bool has_bytes) {
        if (!has_bytes) return fail(errors::invalid_argument);
        return open_ ? driver_.transfer(address, bytes, out) : fail(errors::pin_failed);
    }

    Driver driver_;
    bool open_ = false;
};

constinit PortI2c port_i2c;

}  // namespace

I2c& i2c() { return port_i2c; }

}  // namespace esb::chip
