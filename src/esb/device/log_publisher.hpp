// Brings the flight recorder to <base>/log: a message at a time, each entry until it is acknowledged.
#pragma once

#include "esb/device/broker_link.hpp"
#include "esb/device/recorder.hpp"

#include <optional>

namespace esb {

// Reactor's task only.
class LogPublisher {
public:
    static constexpr std::size_t message_max = 1024;  // bytes of one message

    LogPublisher(Recorder& recorder, BrokerLink& link) : recorder_(recorder), link_(link) {}

    // Sends the next message if `online` and the last one is through.
    void step(bool online);
    // What became of a publish; true if it was one of these.
    bool published(mqtt::Token token, const Status& outcome);
    // True while the last message is not acknowledged.
    bool under_way() const { return under_way_.has_value(); }

private:
    struct Message {
        mqtt::Token token;
        std::uint32_t last;  // number of its last entry
    };

    Recorder& recorder_;
    BrokerLink& link_;
    std::optional<Message> under_way_;
};

}  // namespace esb
