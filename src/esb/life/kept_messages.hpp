// Where messages lie that a restart must not lose, as the MQTT engine wrote them: a few values beside the settings.
#pragma once

#include "esb/chip/key_value.hpp"

#include <cstddef>
#include <memory>

namespace esb::life {

class KeptMessages {
public:
    static constexpr std::size_t max_slots = 33;

    // `longest` bytes of a record, at most chip::kv_value_max.
    KeptMessages(chip::KeyValue& key_value, std::size_t longest);

    // Valid until the next call. not_found, or what is wrong with the flash.
    Result<ConstBytes> read(std::size_t slot);
    // Both parts as one value. too_long, and what is wrong with the flash.
    Status write(std::size_t slot, ConstBytes head, ConstBytes body);
    Status erase(std::size_t slot);
    static Status erase_all(chip::KeyValue& key_value);

private:
    chip::KeyValue& key_value_;
    std::size_t longest_;
    std::unique_ptr<std::uint8_t[]> record_;
};

}  // namespace esb::life
