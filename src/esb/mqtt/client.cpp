#include "esb/mqtt/client.hpp"

#include "esb/mqtt/engine.hpp"

#include <algorithm>
#include <memory>
#include <new>

namespace esb::mqtt {
namespace {

constexpr std::size_t smallest_arena_payload = 64;

// The limits as they are used: at least one of each, topics no longer than the protocol's strings.
struct Sizes {
    explicit Sizes(const Limits& limits)
        : topic(std::clamp<std::size_t>(limits.max_topic, 1, max_text)),
          releases(std::max<std::size_t>(limits.max_inflight_out, 1)),
          received(std::max<std::size_t>(limits.max_inflight_in, 1)),
          // All PUBRELs of a resumed session are queued at once.
          control(std::max<std::size_t>(limits.max_acks, releases + 1) * ack_size + Engine::control_reserve) {}

    std::size_t topic;
    std::size_t releases;
    std::size_t received;
    std::size_t control;
};

// Cuts typed pieces from the front of the memory. Too little memory is a mistake in the program, found at its
// first run: it traps.
class Carver {
public:
    explicit Carver(MutBytes memory) : memory_(memory) {}

    template <typename T>
    std::span<T> take(std::size_t count) {
        void* start = memory_.data();
        std::size_t space = memory_.size();
        if (std::align(alignof(T), count * sizeof(T), start, space) == nullptr) __builtin_trap();
        auto* items = static_cast<T*>(start);
        for (std::size_t i = 0; i < count; ++i) new (items + i) T();
        memory_ = memory_.last(space - count * sizeof(T));
        return {items, count};
    }
    void* place(std::size_t size, std::size_t alignment) {
        void* start = memory_.data();
        std::size_t space = memory_.size();
        if (std::align(alignment, size, start, space) == nullptr) __builtin_trap();
        memory_ = memory_.last(space - size);
        return start;
    }
    MutBytes rest() const { return memory_; }

private:
    MutBytes memory_;
};

Engine* make_engine(Handler& handler, const Limits& limits, MutBytes memory) {
    const Sizes sizes(limits);
    if (memory.size() < Client::minimum_memory(limits)) __builtin_trap();
    Carver carver(memory);
    void* place = carver.place(sizeof(Engine), alignof(Engine));
    Engine::Parts parts;
    parts.releases = carver.take<Session::Release>(sizes.releases);
    parts.received = carver.take<PacketId>(sizes.received);
    parts.topic = carver.take<std::uint8_t>(sizes.topic);
    parts.control = carver.take<std::uint8_t>(sizes.control);
    parts.arena = carver.rest();
    return new (place) Engine(handler, limits, parts);
}

}  // namespace

Client::Client(Handler& handler, const Limits& limits, MutBytes memory)
    : engine_(make_engine(handler, limits, memory)) {}

Client::~Client() { engine_->~Engine(); }

std::size_t Client::minimum_memory(const Limits& limits) {
    const Sizes sizes(limits);
    const std::size_t fixed = sizeof(Engine) + sizes.releases * sizeof(Session::Release) +
                              sizes.received * sizeof(PacketId) + sizes.topic + sizes.control;
    const std::size_t alignment = 2 * alignof(std::max_align_t);
    return fixed + alignment + Outbox::footprint(sizes.topic + smallest_arena_payload);
}

Status Client::configure(const ConnectOptions& options) { return engine_->configure(options); }
void Client::start(Instant now, std::uint32_t random) { engine_->start(now, random); }
void Client::stop(Instant now) { engine_->stop(now); }
void Client::forget_session() { engine_->forget_session(); }

Result<Token> Client::publish(const Publish& message) { return engine_->publish(message); }
Result<Token> Client::subscribe(std::string_view filter, Qos qos) {
    return engine_->subscribe(PacketType::subscribe, filter, qos);
}
Result<Token> Client::unsubscribe(std::string_view filter) {
    return engine_->subscribe(PacketType::unsubscribe, filter, Qos::at_most_once);
}

Client::State Client::state() const { return engine_->state(); }
bool Client::wants_transport(Instant now) const { return engine_->wants_transport(now); }
void Client::retry_by(Instant latest) { engine_->retry_by(latest); }
void Client::transport_opening() { engine_->transport_opening(); }
void Client::transport_opened(Instant now) { engine_->transport_opened(now); }
void Client::transport_closed(Instant now, const Error& why) { engine_->transport_closed(now, why); }
bool Client::wants_close() const { return engine_->wants_close(); }
Error Client::close_reason() const { return engine_->close_reason(); }

ConstBytes Client::output() { return engine_->output(); }
void Client::sent(std::size_t count, Instant now) { engine_->sent(count, now); }
void Client::receive(ConstBytes bytes, Instant now) { engine_->receive(bytes, now); }
bool Client::wants_input() const { return engine_->wants_input(); }
void Client::tick(Instant now) { engine_->tick(now); }
std::optional<Instant> Client::next_deadline() const { return engine_->next_deadline(); }
bool Client::receiving(Instant now) const { return engine_->receiving(now); }

std::size_t Client::pending() const { return engine_->pending(); }
const Statistics& Client::statistics() const { return engine_->statistics(); }

}  // namespace esb::mqtt
