// chip::CoreDump on ESP-IDF's partition coredump. With flash encryption it lies there encrypted, and is read in the clear.
#pragma once

#include "esb/chip/core_dump.hpp"

namespace esb::chip::esp32 {

class CoreDump final : public chip::CoreDump {
public:
    // Looks once for what the last crash left; what is damaged counts as nothing.
    CoreDump();

    std::size_t size() const override { return size_; }
    std::optional<std::uint32_t> place() const override;
    Status read(std::size_t offset, MutBytes out) override;
    Status erase() override;

private:
    std::size_t address_ = 0;  // in flash
    std::size_t size_ = 0;
};

}  // namespace esb::chip::esp32
