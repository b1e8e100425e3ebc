// Brings the flight recorder to <base>/log: a message at a time, each entry until it is acknowledged.
#pragma once

#include "esb/base/task.hpp"
#include "esb/link/publisher.hpp"
#include "esb/record/log_words.hpp"
#include "esb/record/recorder.hpp"

#include <atomic>

namespace esb {

class LogPublisher final : public Task {
public:
    static constexpr std::size_t message_max = 1024;  // bytes of one message

    LogPublisher(record::Recorder& recorder, const record::Names& names, link::Publisher& publisher,
                 const std::atomic<bool>& online)
        : recorder_(recorder), names_(names), publisher_(publisher), online_(online) {}

    // Sends the next message if the device is on line and the last one is through; writes the recorder to flash.
    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return recorder_.deadline(); }

private:
    void publish();

    record::Recorder& recorder_;
    const record::Names& names_;
    link::Publisher& publisher_;
    const std::atomic<bool>& online_;
    bool under_way_ = false;  // the last message is not acknowledged
};

}  // namespace esb
