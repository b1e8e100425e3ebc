// Messages that are kept over restarts, in the device's flash.
#pragma once

#include "esb/life/kept_messages.hpp"
#include "esb/link/limits.hpp"
#include "esb/mqtt/storage.hpp"

namespace esb {

class KeptSession final : public mqtt::Storage {
public:
    KeptSession(chip::KeyValue& key_value, const link::Limits& limits)
        : messages_(key_value, limits.max_publish + limits.mqtt.max_topic + others) {}

    Result<ConstBytes> read(std::size_t slot) override { return messages_.read(slot); }
    Status write(std::size_t slot, ConstBytes head, ConstBytes body) override { return messages_.write(slot, head, body); }
    Status erase(std::size_t slot) override { return messages_.erase(slot); }

private:
    static constexpr std::size_t others = 160;  // a record's head, a packet's, properties

    life::KeptMessages messages_;
};

}  // namespace esb
