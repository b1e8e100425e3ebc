// The connection's state machine behind Client; its members mean what Client's say.
//
// Order on the wire: the rest of a packet begun, then control packets, then what the session gives.
// engine.cpp: configuration, life of a connection, timers. engine_out.cpp: what the application asks for and what
// goes out. engine_in.cpp: what comes in.
#pragma once

#include "esb/mqtt/client.hpp"
#include "esb/mqtt/control.hpp"
#include "esb/mqtt/decoder.hpp"
#include "esb/mqtt/session.hpp"

#include <algorithm>

namespace esb::mqtt {

class Engine {
public:
    // What the engine needs besides itself, carved from the caller's memory.
    struct Parts {
        MutBytes topic;
        MutBytes control;
        std::span<Session::Release> releases;
        std::span<PacketId> received;
        MutBytes arena;
    };
    // Room in `control` that acknowledgements leave free: one PINGREQ and one DISCONNECT.
    static constexpr std::size_t control_reserve = 4;
    // A packet that gets on by so many bytes within the wait for an answer prolongs it: the answer may be behind it.
    static constexpr std::size_t flow_step = 1024;

    Engine(Handler& handler, const Limits& limits, const Parts& parts);

    Status configure(const ConnectOptions& options);
    void start(Instant now, std::uint32_t random);
    void stop(Instant now);
    void forget_session();

    Result<Token> publish(const Publish& message);
    Result<Token> subscribe(PacketType type, std::string_view filter, Qos qos);

    Client::State state() const { return state_; }
    bool wants_transport(Instant now) const { return state_ == Client::State::waiting && now >= retry_at_; }
    void retry_by(Instant latest) { retry_at_ = std::min(retry_at_, latest); }
    void transport_opening();
    void transport_opened(Instant now);
    void transport_closed(Instant now, const Error& why);
    bool wants_close() const { return state_ == Client::State::closing && connection_.close_now; }
    const Error& close_reason() const { return connection_.reason; }

    ConstBytes output();
    void sent(std::size_t count, Instant now);
    void receive(ConstBytes bytes, Instant now);
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
    // All that lives no longer than one transport; made anew for each.
    struct Connection {
        Error reason{errors::cancelled};         // valid when closing
        bool close_now = false;                  // closing: nothing more is to be sent
        bool disconnect_queued = false;          // DISCONNECT is in the control buffer
        bool clean_session = false;              // as CONNECT said
        bool draining = false;                   // overrun: ends at closing_until
        Incoming message = Incoming::delivered;  // what is done with the PUBLISH coming in
        bool connected = false;                  // CONNACK accepted us
        bool ping_queued = false;                // PINGREQ is in the control buffer
        Duration ping_interval{0};               // without an answer or a packet of ours, until PINGREQ; 0: never
        Duration ping_wait{0};                   // from PINGREQ to silence
        std::size_t connect_size = 0;
        std::size_t connect_written = 0;  // of CONNECT, into the control buffer
        std::size_t packet_sent = 0;      // of the session's current packet
        Instant began;                    // transport opened; from CONNACK on: connected
        Instant last_sent;                // the last packet went out
        Instant answered;                 // the broker last answered something: any packet but PUBLISH
        std::optional<Instant> asked;     // PINGREQ was queued, and no answer has come since
        std::optional<Instant> flowed;    // a long packet is coming in, and had got on by flow_step bytes
        std::size_t flow = 0;             // bytes of it since
        bool held = false;                // by that packet: the answer was due, but may be behind it
        Instant closing_until;
    };

    bool listening() const { return state_ == Client::State::connecting || state_ == Client::State::connected; }
    void close_now(const Error& reason);
    void close_after_output(const Error& reason, Instant now);
    void end_connection(Instant now);
    void complete_doomed(const ErrorKind& why);
    void complete_publish(Token token, Status outcome);
    std::uint32_t next_random();
    void check_keep_alive(Instant now);
    void note_flow(std::size_t count, Instant now);
    Instant connack_deadline() const { return connection_.began + options_.connack_timeout; }
    std::optional<Instant> keep_alive_deadline() const;
    Instant next_ping() const;
    Instant silence_deadline() const;

    Result<Record*> add_record(Record::Kind kind, std::size_t size);
    void write_connect_slice();
    void append_disconnect();
    void control_sent(std::size_t count, Instant now);
    void packet_sent(std::size_t count, Instant now);

    void take_packet(Instant now);
    void take_connack(Instant now);
    void take_accepted(bool session_present, Instant now);
    void take_piece(Instant now);
    void begin_message(Instant now);
    void report_too_large();
    void begin_draining(Instant now);
    void end_message();
    void take_pubrec(PacketId id);
    void take_suback();
    void take_final_ack();
    bool is_answer(Session::Ack ack);
    void append_ack(PacketType type, PacketId id);
    bool ack_room() const { return control_.room() >= ack_size + control_reserve; }

    Handler& handler_;
    std::size_t max_topic_;
    ConnectOptions options_;
    Client::State state_ = Client::State::stopped;
    bool wanted_ = false;   // between start() and stop()
    bool at_once_ = false;  // start() while closing: no back-off after it
    Backoff backoff_;
    std::uint32_t random_ = 0;
    std::size_t pending_ = 0;
    Instant retry_at_;
    Connection connection_;
    Statistics statistics_;
    Decoder decoder_;
    ControlBuffer control_;
    Session session_;
};

}  // namespace esb::mqtt
