// The one way of a publish to the broker, and of what became of it back to whoever asked.
#pragma once

#include "esb/base/task.hpp"
#include "esb/link/broker_link.hpp"
#include "esb/link/publish_queue.hpp"
#include "esb/link/topic.hpp"

#include <cstddef>

namespace esb::link {

// post() from any task; the rest from the reactor's.
class Publisher final : public Task {
public:
    Publisher(BrokerLink& link, net::Reactor& reactor, const Limits& limits);

    // Hands it to the engine now. `full` (the outbox, or too many publishes whose authors wait), mqtt_bad_topic, the
    // engine's errors. After success options.done, if there is one, is called once.
    Status publish(const Topic& topic, ConstBytes payload, const PublishOptions& options = {});
    // A report of the device's own: retained, QoS 1. too_long for an empty one, which is what JsonWriter gives when its
    // text does not fit.
    Status report(std::string_view subtopic, std::string_view json);
    // Copies it, for a later turn; while there is no room in the engine it stays in the queue, in order. `full`,
    // too_long; later errors go to options.done.
    Status post(const Topic& topic, ConstBytes payload, const PublishOptions& options);

    // From the engine.
    void on_published(mqtt::Token token, const Status& outcome);

    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return std::nullopt; }  // post() wakes the reactor
    // Nothing waits in the queue.
    bool idle() { return queue_.front() == nullptr; }
    // So many that were posted were not taken by the engine, for another cause than `full`.
    std::uint32_t refused() const { return refused_; }

private:
    static constexpr std::size_t authors_max = 16;            // posted publishes with a `done`
    static constexpr std::size_t waiting_max = authors_max + 4;  // and the device's own

    struct Waiting {
        mqtt::Token token = 0;
        Function<void(Status)> done;
    };

    void note_token(mqtt::Token token);

    BrokerLink& link_;
    net::Reactor& reactor_;
    PublishQueue queue_;
    FixedVector<Waiting, waiting_max> waiting_;
    std::uint32_t refused_ = 0;
};

}  // namespace esb::link
