#include "esb/mqtt/client.hpp"

#include "esb/mqtt/engine.hpp"

#include <algorithm>
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
          kept(limits.max_kept),
          // All PUBRELs of a resumed session are queued at once.
          control(std::max<std::size_t>(limits.max_acks, releases + 1) * ack_size + Engine::control_reserve) {}

    std::size_t topic;
    std::size_t releases;
    std::size_t received;
    std::size_t kept;
    std::size_t control;
};

// The next `count` elements. Not initialized: each is written before it is read.
template <typename T>
std::span<T> take(std::uint8_t*& at, std::size_t count) {
    auto* items = new (at) T[count];
    at += count * sizeof(T);
    return {items, count};
}

// In the order of their alignments, so that nothing but the start has to be aligned.
Engine* make_engine(Handler& handler, const Limits& limits, MutBytes memory) {
    // A mistake in the program, found at its first run.
    if (memory.size() < Client::minimum_memory(limits)) __builtin_trap();
    const Sizes sizes(limits);
    std::uint8_t* at = memory.data();
    at += -reinterpret_cast<std::uintptr_t>(at) % alignof(Engine);
    std::uint8_t* place = at;
    at += sizeof(Engine);
    Engine::Parts parts;
#if ESB_MQTT_DEFER
    parts.deferred = take<Deferred::Entry>(at, 2 * sizes.received);
#endif
#if ESB_MQTT_KEEP
    parts.kept = take<Keeper::Slot>(at, sizes.kept);
#endif
    parts.releases = take<Session::Release>(at, sizes.releases);
    parts.received = take<PacketId>(at, sizes.received);
#if ESB_MQTT_KEEP
    parts.kept_scratch = take<std::uint8_t>(at, sizes.received * sizeof(PacketId));
#endif
    parts.topic = take<std::uint8_t>(at, sizes.topic);
    MutBytes properties;
    if constexpr (with_mqtt5) properties = take<std::uint8_t>(at, limits.max_properties);
    parts.control = take<std::uint8_t>(at, sizes.control);
    parts.arena = {at, memory.data() + memory.size()};
    auto* engine = new (place) Engine();
    engine->set_up(handler, limits, parts);
    if constexpr (with_mqtt5) engine->set_up5(limits, properties);
    return engine;
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
    std::size_t optional = with_mqtt5 ? limits.max_properties : 0;
#if ESB_MQTT_DEFER
    optional += 2 * sizes.received * sizeof(Deferred::Entry);
#endif
#if ESB_MQTT_KEEP
    optional += sizes.kept * sizeof(Keeper::Slot) + sizes.received * sizeof(PacketId);
#endif
    return fixed + optional + alignment + Outbox::footprint(sizes.topic + smallest_arena_payload);
}

Status Client::configure(const ConnectOptions& options) { return engine_->configure(options); }
void Client::start(Instant now, std::uint32_t random) { engine_->start(now, random); }
void Client::stop(Instant now) { engine_->stop(now); }
void Client::forget_session() { engine_->forget_session(); }
void Client::leave_broker() { engine_->leave_broker(); }

Result<Token> Client::publish(const Publish& message) { return engine_->submit(PacketType::publish, message); }
Result<Token> Client::subscribe(std::string_view filter, Qos qos) {
    const auto requested = static_cast<std::uint8_t>(qos);
    return engine_->submit(PacketType::subscribe, {filter, {&requested, 1}, qos});
}
Result<Token> Client::unsubscribe(std::string_view filter) {
    return engine_->submit(PacketType::unsubscribe, {filter, {}});
}

#if ESB_MQTT_KEEP
Result<Client::Restored> Client::restore(Storage& storage) { return engine_->restore(storage); }
#endif
#if ESB_MQTT_DEFER
Result<Ticket> Client::defer() { return engine_->defer(); }
Status Client::acknowledge(Ticket ticket) { return engine_->acknowledge(ticket); }
#endif

Client::State Client::state() const { return engine_->state(); }
bool Client::wants_transport(Instant now) const { return engine_->wants_transport(now); }
void Client::retry_by(Instant latest) { engine_->retry_by(latest); }
void Client::transport_opening() { engine_->transport_opening(); }
void Client::transport_opened(Instant now) { engine_->transport_opened(now); }
void Client::transport_closed(Instant now, const Error& why) { engine_->transport_closed(now, why); }
bool Client::wants_close() const { return engine_->wants_close(); }
Error Client::close_reason() const { return engine_->close_reason(); }

ConstBytes Client::output() { return engine_->output(); }
#if ESB_MQTT_BORROW
ConstBytes Client::output_behind() { return engine_->output_behind(); }
#endif
void Client::sent(std::size_t count, Instant now) { engine_->sent(count, now); }
std::size_t Client::receive(ConstBytes bytes, Instant now) { return engine_->receive(bytes, now); }
bool Client::wants_input() const { return engine_->wants_input(); }
void Client::tick(Instant now) { engine_->tick(now); }
std::optional<Instant> Client::next_deadline() const { return engine_->next_deadline(); }
bool Client::receiving(Instant now) const { return engine_->receiving(now); }

#if ESB_MQTT5
void Client::stop_with_will(Instant now) { engine_->stop_with_will(now); }
bool Client::speaks_five() const { return engine_->five(); }
Properties Client::properties() const { return engine_->properties(); }
#endif

std::size_t Client::pending() const { return engine_->pending(); }
const Statistics& Client::statistics() const { return engine_->statistics(); }

}  // namespace esb::mqtt
