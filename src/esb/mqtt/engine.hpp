// The connection's state machine behind Client; its members mean what Client's say.
//
// Order on the wire: the rest of a packet begun, then control packets, then what the session gives.
// engine.cpp: configuration, life of a connection, timers. engine_out.cpp: what the application asks for and what
// goes out. engine_in.cpp: what comes in. engine5.cpp: what is particular to MQTT 5.0. engine_keep.cpp, engine_defer.cpp: what
// is kept over restarts, and acknowledgements that wait for their author.
#pragma once

#include "esb/mqtt/client.hpp"
#include "esb/mqtt/control.hpp"
#include "esb/mqtt/decoder.hpp"
#if ESB_MQTT_DEFER
#include "esb/mqtt/deferred.hpp"
#endif
#include "esb/mqtt/session.hpp"

#include <algorithm>
#include <type_traits>

namespace esb::mqtt {

// What a connection has besides with MQTT 5.0, and what the engine has; and what they are without.
struct ConnectionFive {
    bool on = false;
    bool abrupt = false;   // nothing but DISCONNECT is to be sent any more
    bool resumed = false;  // the broker had the session
    bool refused = false;  // by the broker's DISCONNECT or CONNACK, whose properties are of interest to the end
    std::uint8_t disconnect_code = 0;
    // What the broker takes.
    Qos max_qos = Qos::exactly_once;
    std::uint32_t max_packet = max_remaining_length + 5;
    unsigned lacking = 0;  // abilities from first_ability on, a bit each
};
inline constexpr unsigned first_ability = static_cast<unsigned>(Property::maximum_qos);
struct ConnectionThree {
    static constexpr bool on = false;
    static constexpr bool abrupt = false;
};
struct EngineFive {
    // Whether the next connection speaks 3.1.1 though it may speak 5.0.
    enum class FallBack : std::uint8_t { none, once, until_start };
    FallBack fall_back = FallBack::none;
    bool has_session = false;
    Connect5 connect{};
};
struct EngineThree {};

class Engine {
public:
    // What the engine needs besides itself, carved from the caller's memory.
    struct Parts {
        MutBytes topic;
        MutBytes control;
        std::span<Session::Release> releases;
        std::span<PacketId> received;
        MutBytes arena;
#if ESB_MQTT_KEEP
        std::span<Keeper::Slot> kept;
        MutBytes kept_scratch;
#endif
#if ESB_MQTT_DEFER
        std::span<Deferred::Entry> deferred;
#endif
    };
    // Room in `control` that acknowledgements leave free: one PINGREQ and one DISCONNECT, with MQTT 5.0 a longer one.
    static constexpr std::size_t control_reserve = with_mqtt5 ? 5 : 4;
    // PINGREQ goes so much before the keep-alive interval ends that a late tick() does not break it. With the wait for
    // the answer that is at most 1.5 intervals of silence.
    static constexpr std::uint32_t ping_margin_ms = 2'000;
    static constexpr std::uint32_t longest_ping_wait_ms = 20'000;
    // A packet that gets on by so many bytes within the wait for an answer prolongs it: the answer may be behind it.
    static constexpr std::size_t flow_step = 1024;

    // To be made with value-initialization, which zeroes all of it at once, and then set up.
    [[gnu::always_inline]] Engine() = default;
    void set_up(Handler& handler, const Limits& limits, const Parts& parts) {
        handler_ = &handler;
        max_topic_ = parts.topic.size();
        control_.use(parts.control);
        decoder_.use(parts.topic, limits.max_packet_in);
        session_.use(parts.arena, parts.releases, parts.received, statistics_);
#if ESB_MQTT_KEEP
        keeper_.use(parts.kept, parts.kept_scratch, limits.kept_writes_per_hour, statistics_);
        session_.keep_in(keeper_);
#endif
#if ESB_MQTT_DEFER
        deferred_.use(parts.deferred);
        longest_defer_ = limits.longest_defer;
#endif
    }

#if ESB_MQTT_KEEP
    Result<Client::Restored> restore(Storage& storage);
#endif
#if ESB_MQTT_DEFER
    Result<Ticket> defer();
    Status acknowledge(Ticket ticket);
#endif

    // engine5.cpp
    void set_up5(const Limits& limits, MutBytes properties);
    void stop_with_will(Instant now);
    bool five() const { return connection_.v5.on; }
#if ESB_MQTT5
    Properties properties() const { return decoder_.properties(); }
#endif

    Status configure(const ConnectOptions& options);
    void start(Instant now, std::uint32_t random);
    void stop(Instant now);
    void forget_session();
    void leave_broker() {
        if (!attached()) lose_session();
    }

    // PUBLISH, SUBSCRIBE or UNSUBSCRIBE, see write_packet().
    Result<Token> submit(PacketType type, const Publish& message);

    Client::State state() const { return state_; }
    bool wants_transport(Instant now) const { return state_ == Client::State::waiting && now >= retry_at_; }
    void retry_by(Instant latest) {
        if (latest < retry_at_) retry_at_ = latest;
    }
    void transport_opening();
    void transport_opened(Instant now);
    void transport_closed(Instant now, const Error& why);
    bool wants_close() const { return state_ == Client::State::closing && connection_.close_now; }
    const Error& close_reason() const { return connection_.reason; }

    ConstBytes output();
#if ESB_MQTT_BORROW
    ConstBytes output_behind();
#endif
    void sent(std::size_t count, Instant now);
    std::size_t receive(ConstBytes bytes, Instant now);
    bool wants_input() const;
    void tick(Instant now);
    std::optional<Instant> next_deadline() const;
    bool receiving(Instant now) const;

    std::size_t pending() const { return pending_; }
    const Statistics& statistics() const { return statistics_; }

private:
    enum class Incoming : std::uint8_t {
        delivered,
        duplicate,  // QoS 2, was delivered before: only acknowledged
        left,       // neither: it comes again on another connection
    };
    // All that lives no longer than one transport; made anew for each. Here and below what is used most stands first:
    // the nearer it is to `this` the shorter are the instructions.
    struct Connection {
        bool close_now = false;                  // closing: nothing more is to be sent
        bool disconnect_queued = false;          // DISCONNECT is in the control buffer
        bool clean_session = false;              // as CONNECT said
        bool draining = false;                   // overrun: ends at closing_until
        Incoming message = Incoming::delivered;  // what is done with the PUBLISH coming in
        bool connected = false;                  // CONNACK accepted us
        bool ping_queued = false;                // PINGREQ is in the control buffer
        bool asked = false;                      // PINGREQ was queued, and no answer has come since
        bool flowed = false;                     // a long packet is coming in, and has got on by flow_step bytes
        bool held = false;                       // by that packet: the answer was due, but may be behind it
#if ESB_MQTT_DEFER
        bool deferrable = false;  // a message is being delivered whose acknowledgement may be deferred
        bool stalled = false;     // nothing is read until one is acknowledged
        Instant stalled_at;
#endif
        std::uint32_t ping_interval_ms = 0;      // without an answer or a packet of ours, until PINGREQ; 0: never
        std::uint32_t ping_wait_ms = 0;          // from PINGREQ to silence
        std::size_t connect_size = 0;
        std::size_t connect_written = 0;  // of CONNECT, into the control buffer
        std::size_t packet_sent = 0;      // of the session's current packet
        std::size_t flow = 0;             // bytes of the long packet since it last counted as `flowed`
        Error reason{errors::cancelled};  // valid when closing
        Instant began;                    // transport opened; from CONNACK on: connected
        Instant last_sent;                // the last packet went out
        Instant answered;                 // the broker last answered something: any packet but PUBLISH
        Instant asked_at;
        Instant flowed_at;
        Instant closing_until;
        [[no_unique_address]] std::conditional_t<with_mqtt5, ConnectionFive, ConnectionThree> v5;
    };

    // There is a transport.
    bool attached() const { return state_ >= Client::State::connecting; }
    bool listening() const { return state_ == Client::State::connecting || state_ == Client::State::connected; }
    // nullptr: the topic or filter may be used with this QoS.
    const ErrorKind* problem_with(std::string_view topic, Qos qos, bool filter) const;
#if ESB_MQTT_OFFLINE
    Record* add_waiting(Record::Kind kind, std::size_t size, const Publish& message);
    void end_waiting(Record& record, const ErrorKind& why);
#endif
    [[gnu::noinline]] void close_now(const ErrorKind& reason);
    void cancel();
    void begin_connection();
    void refuse_packet();
    [[gnu::noinline]] void close_after_output(const ErrorKind& reason, Instant now);
    void end_connection();
    void complete_doomed(const ErrorKind& why);
    void lose_session();
    // Tell the handler how it ended; `why` is nullptr when well.
    void complete_publish(Token token, const ErrorKind* why);
    void complete_subscribe(Token token, const ErrorKind* why, Qos granted);
    std::uint32_t next_random();
    void check_keep_alive();
    void note_flow(std::size_t count);
    // As Instant's number: that is returned in registers, an Instant through memory.
    using Count = Instant::rep;
    static constexpr Count never = Instant::max().time_since_epoch().count();
    static Count count(Instant at) { return at.time_since_epoch().count(); }
    Count connack_deadline() const { return count(connection_.began + options_.connack_timeout); }
    Count deadline() const;
    Count keep_alive_deadline() const;
    Count next_ping() const;
    Count silence_deadline() const;

    // engine5.cpp
    void begin_version();
    void forget_fall_back();
    void forget_session5();
    bool ended5(const ErrorKind& why);
    bool is_good5(const ConnectOptions& options) const;
    bool is_good5(const Publish& message) const;
    const ErrorKind* problem5(PacketType type, const Publish& message) const;
    const ErrorKind* problem5(std::size_t size, Qos qos, bool retain) const;
    bool goes_as_five(PacketType type) const;
    static void write_packet5(PacketType type, const Publish& message, Record& record, bool five);
    void close_for5(const ErrorKind& reason);
    void overrun5();
    void take_refusal5(const Packet& packet);
    bool take_connack5(const Packet& packet);
    void take_limits5();
    bool lacks(Property ability) const;
    void take_disconnect(const Packet& packet);
    const ErrorKind* problem5(const Packet& ack) const;
    void answer5(const Packet& packet);
    [[gnu::always_inline]] void set_keep_alive(std::uint32_t seconds) {
        const std::uint32_t ms = seconds * 1'000U;
        connection_.ping_interval_ms = ms - std::min(ping_margin_ms, ms / 4);
        connection_.ping_wait_ms = std::min(longest_ping_wait_ms, ms / 2);
    }
    void append5(PacketType type, PacketId id, std::uint8_t code);
    [[gnu::noinline]] void append_disconnect5();  // once a connection; output() is called for every message
    const Connect5* connect5() const;
    std::size_t write_connect5();

    // For an error of the broker: tells it why, if the version can.
    void close_for(const ErrorKind& reason) {
        if constexpr (with_mqtt5) {
            close_for5(reason);
        } else {
            close_now(reason);
        }
    }
    // In the outbox.
    static std::size_t bytes_of(PacketType type, const Publish& message, bool five) {
        if constexpr (with_mqtt5) return packet_size(type, message, five) + (five ? 0 : spare_front);
        return packet_size(type, message);
    }
    // engine_keep.cpp; what most connections do not need is asked here, for it is asked with every message.
    Status keep(Record& record, Qos qos, PacketId place);
    PacketId place_for(const Publish& message);
    void keep_session();
    [[gnu::noinline]] void write_session();
#if ESB_MQTT_KEEP
    void flush_session() {
        if (keeper_.dirty()) write_session();
    }
#else
    void flush_session();
#endif
    // engine_defer.cpp, likewise
    [[gnu::noinline]] bool is_free(PacketId id, Qos qos, bool duplicate);
    [[gnu::noinline]] void answer_deferred();
    [[gnu::noinline]] void note_stall();
    bool any_deferred() const;
    void check_stall() {
        if (any_deferred() || stalled()) note_stall();
    }
#if ESB_MQTT_DEFER
    bool stalled() const { return connection_.stalled; }
#else
    bool stalled() const { return false; }
#endif

    void write_connect_slice();
    void control_sent(std::size_t count);
    void packet_sent(std::size_t count);

    void take_packet();
    void take_connack(const Packet& packet);
    void take_accepted(bool session_present);
    void take_piece();
    void begin_message(const MessagePiece& piece);
    void report_too_large(const MessagePiece& piece);
    void begin_draining();
    void end_message(Qos qos);
    void take_final_ack(const Packet& packet);
    bool is_answer(Session::Ack ack);
    void append(PacketType type, PacketId id = 0);
    bool ack_room() const { return control_.room() >= ack_size + (connection_.v5.on ? 6 : 4); }

    Client::State state_ = Client::State::stopped;
    bool wanted_ = false;   // between start() and stop()
    bool at_once_ = false;  // start() while closing: no back-off after it
    Connection connection_;
    ControlBuffer control_;
    Handler* handler_ = nullptr;
    std::size_t pending_ = 0;
    std::size_t max_topic_ = 0;
    Instant now_;  // as the driver said last
    Instant retry_at_;
    Statistics statistics_;
    Decoder decoder_;
    Session session_;
#if ESB_MQTT_DEFER
    Deferred deferred_;
    Duration longest_defer_{};
#endif
#if ESB_MQTT_KEEP
    Keeper keeper_;
#endif
    Backoff backoff_;
    std::uint32_t random_ = 0;
    ConnectOptions options_;
    [[no_unique_address]] std::conditional_t<with_mqtt5, EngineFive, EngineThree> v5_;
};

#if ESB_MQTT_DEFER
inline bool Engine::any_deferred() const { return !deferred_.empty(); }
#endif

}  // namespace esb::mqtt
