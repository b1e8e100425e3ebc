// The client engine of MQTT 3.1.1 and 5.0: bytes and times in, bytes and events out. No socket, thread, clock or heap.
//
// The driver's loop:
//   if (client.wants_transport(now)) open one; tell it with transport_opened() or transport_closed();
//   send client.output(), tell how much went with sent();
//   hand what arrives to receive(); call tick(now) at next_deadline() or earlier.
// The session (in-flight messages, QoS 2 state) outlives transports; CONNECT asks for it with clean_session
// false. Resends happen only when a session resumes (MQTT-4.4.0-1), in the original order (MQTT-4.6.0-1). When
// the broker lost the session, publishes that were in flight go as new messages: they may then arrive twice.
// Silence counts from the broker's last answer (any packet but PUBLISH): then goes PINGREQ, and 1.5 keep-alives after
// that answer, at the latest, the connection ends, whether the transport takes bytes or not.
// The back-off (1 s to 2 min, jittered) begins anew after a connection of 30 s, and with start().
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/mqtt/errors.hpp"
#include "esb/mqtt/types.hpp"

#include <cstdint>
#include <optional>

namespace esb::mqtt {

class Engine;   // the parts behind the face: codec, session, outbox
class Storage;  // esb/mqtt/storage.hpp

// Not thread-safe: one task drives it.
class Client {
public:
    enum class State : std::uint8_t {  // of the connection
        stopped,                       // wants nothing
        waiting,                       // back-off before the next transport
        opening,                       // asked for a transport
        connecting,                    // CONNECT sent, no CONNACK yet
        connected,
        closing,  // DISCONNECT still to be sent, then the transport is to be closed
    };

    // `memory` holds everything the client ever stores: outgoing messages until acknowledged, and buffers.
    // At least minimum_memory(limits), less traps; what is above that is room for the outbox: a publish takes its
    // packet and 16 to 19 bytes. It must outlive the client. The destructor completes nothing.
    Client(Handler& handler, const Limits& limits, MutBytes memory);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    static std::size_t minimum_memory(const Limits& limits);

    // Sets what the next CONNECT says. invalid_argument (not UTF-8; no client_id without clean_session,
    // MQTT-3.1.3-7; properties that may not stand there; a password without user name, MQTT-3.1.2-22), mqtt_bad_topic,
    // too_long; nothing changes then.
    Status configure(const ConnectOptions& options);
    // From now on the client wants a transport, at once, also if it was in a back-off; that begins anew. `random` seeds the
    // back-off's jitter and the packet identifiers.
    void start(Instant now, std::uint32_t random);
    // If connected, sends what was published and may go, then DISCONNECT (so no will), within 5 s; what comes in is
    // ignored from now on. Afterwards the client wants nothing. The session stays, QoS 1 and 2 wait for start().
    void stop(Instant now);
#if ESB_MQTT5
    // The same with a DISCONNECT that asks for the will; with 3.1.1, which has none, the connection just ends.
    void stop_with_will(Instant now);
#endif
    // Drops our side of the session: every open publish and subscribe completes with `cancelled`. A connection
    // goes on, unless a borrowed payload is on its way. What the broker remembers goes only with a CONNECT that has clean_session.
    void forget_session();
    // Between two connections: the next one goes to another broker, which has a session of its own with us, or none. What is open
    // with the one before is for us as if that had lost it: publishes in flight go as new messages, those after PUBREC complete with
    // mqtt_session_lost, and identifiers of its messages say nothing about the other's.
    void leave_broker();

#if ESB_MQTT_KEEP
    struct Restored {              // what restore() found
        std::size_t messages = 0;  // they are pending(), and complete like others
        std::size_t refused = 0;   // records that were damaged, of another version or another client; they are erased
    };
    // From now on the session is kept in `storage`, and what an earlier life kept there of it goes on: publishes with `keep`,
    // and which QoS 2 messages of the broker were taken. Once, after configure(), before the first publish() and start();
    // otherwise invalid_argument. The storage must outlive the client. Before configure() with another client identifier:
    // forget_session(). A QoS 2 message comes twice only if the power goes between the end of its handler and the writing of
    // its identifier; when the hour's writes are used up, identifiers are not written until the next hour, and a restart may
    // repeat messages. After a restart their DUP says that they may have been sent before.
    Result<Restored> restore(Storage& storage);
#endif

    // Queues a message; it is copied, but for a payload that is `borrowed`. `full` when the outbox has no room (publish again after a completion),
    // too_long (topic over the limit, or more than the empty outbox could hold), mqtt_bad_topic (empty, wildcard, NUL
    // or not UTF-8). Works in every state: while there is no connection QoS 1 and 2 wait, QoS 0 is refused with
    // `closed`. With `keep` also: invalid_argument (QoS 0, borrowed), `closed` (no restore()), `full` (max_kept are open),
    // mqtt_kept_worn (the hour's writes are used up), the storage's errors.
    Result<Token> publish(const Publish& message);
    // Queues SUBSCRIBE for one filter; refused with `closed` without a connection: subscribe in on_connected.
    Result<Token> subscribe(std::string_view filter, Qos qos);
    Result<Token> unsubscribe(std::string_view filter);

    State state() const;  // of the connection
    // True once per back-off, when a transport should be opened now: call transport_opening(), then
    // transport_opened() or transport_closed().
    bool wants_transport(Instant now) const;
    void transport_opening();
    void transport_opened(Instant now);
    // Not later than this, if it waits in a back-off.
    void retry_by(Instant latest);
    // The transport could not be opened, or is gone. `why` goes to on_disconnected.
    void transport_closed(Instant now, const Error& why);
    // True when the driver should close the transport now (protocol error, time-out, stop()); close it and call
    // transport_closed(now, close_reason()).
    bool wants_close() const;
    Error close_reason() const;

    // Bytes to send next; valid until the next call of any other member. Empty: nothing to send. Until sent() it gives
    // the same bytes again, perhaps with more behind them (unless wants_close() has become true): a TLS stream that
    // could not finish a record may be given them once more.
    ConstBytes output();
#if ESB_MQTT_BORROW
    // For transports that write several pieces at once: what goes next behind output() and does not lie behind it, the payload
    // of a borrowed publish. Valid as long; sent() counts through both. It need not be asked: the next output() is this.
    ConstBytes output_behind();
#endif
    // The transport took `count` bytes of output().
    void sent(std::size_t count, Instant now);
    // Bytes from the transport, any number. Never fails: what is wrong shows as wants_close(). Returns how many were used:
    // fewer only where wants_input() is false because of defer(). The rest has to be given again when it is true.
    std::size_t receive(ConstBytes bytes, Instant now);
    // False while many acknowledgements wait for the transport: do not read from it until output() went. A driver
    // that reads regardless risks mqtt_overrun (a broker can ask for as many bytes as it sends). Also false while authors have
    // not acknowledged as many messages as may be.
    bool wants_input() const;
    void tick(Instant now);
    // When tick() (or wants_transport) has something to do next; empty: not by time.
    std::optional<Instant> next_deadline() const;
    // A long packet is coming in and gets on: what the broker says after it has to wait.
    bool receiving(Instant now) const;

#if ESB_MQTT_DEFER
    // Within on_message() of a message's last piece, QoS 1 or 2: it is not acknowledged until acknowledge(), once for each
    // defer(). invalid_argument elsewhere. Acknowledgements go in the order of the messages of one QoS, so others may wait
    // behind it. When max_inflight_in messages are unacknowledged nothing more is taken: with MQTT 5.0 the broker knows that
    // number and sends no more of QoS 1 and 2; with 3.1.1 nothing is read (wants_input()), for Limits::longest_defer at
    // the most. When the connection breaks, QoS 1 comes again and the ticket is void; QoS 2 does not, and the ticket stays.
    Result<Ticket> defer();
    // When it returns, a session that is kept knows it. not_found: not open (any more).
    Status acknowledge(Ticket ticket);
#endif

    // MQTT 5.0. The connection speaks it (from transport_opened() on).
#if ESB_MQTT5
    bool speaks_five() const;
    // Within a callback: of the packet that it comes from. CONNACK: the assigned client identifier, a server
    // reference; DISCONNECT and refusals: a reason in words.
    Properties properties() const;
#else
    bool speaks_five() const { return false; }
    Properties properties() const { return {}; }
#endif

    // Publishes not completed yet.
    std::size_t pending() const;
    const Statistics& statistics() const;

private:
    Engine* engine_;  // placed in `memory`
};

}  // namespace esb::mqtt
