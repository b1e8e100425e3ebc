// What goes into and comes out of the MQTT client. Words are those of MQTT 3.1.1 (OASIS, 29 October 2014) and 5.0
// (7 March 2019).
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/features.hpp"
#include "esb/base/result.hpp"
#include "esb/base/secret.hpp"
#include "esb/base/time.hpp"
#include "esb/mqtt/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::mqtt {

// Sizes are decided once, at construction. Defaults suit a device; all buffers are the caller's.
struct Limits {
    std::size_t max_topic = 128;         // bytes of a topic name or filter, in and out
    std::uint16_t max_inflight_out = 8;  // QoS 1 and 2 publishes on their way to the broker; further ones wait
    // QoS 2 messages from the broker between PUBREC and PUBREL. Brokers send up to their own window at once (20 or
    // 32 are usual). With one more than this, messages of QoS 1 and 2 are left unanswered and the connection ends 2 s
    // later with mqtt_overrun: they come again, in order, on the next one.
    // Also so many messages of QoS 1 and 2 may be unacknowledged at once: see Client::defer().
    std::uint16_t max_inflight_in = 32;
    // Acknowledgements waiting for the transport; see Client::wants_input().
    std::uint16_t max_acks = 128;
    // Remaining length of a PUBLISH. A larger one, or one with a longer topic, is read past: acknowledged and reported
    // by on_too_large(), not delivered.
    // With MQTT 5.0 the broker is told so, and leaves such messages out itself.
    std::size_t max_packet_in = std::size_t{256} * 1024;
    // Of one packet's properties, MQTT 5.0. A message with more is too large like one with a longer topic.
    std::size_t max_properties = with_mqtt5 ? 256 : 0;
    // Of messages with Publish::keep that are not complete, all in the Storage; and how often that may be written within an
    // hour. A message costs two writes (one of them erases it), with QoS 2 three.
    std::uint16_t max_kept = with_mqtt_keep ? 8 : 0;
    std::uint32_t kept_writes_per_hour = 240;
    // MQTT 3.1.1: how long max_inflight_in messages may be unacknowledged by their author (Client::defer()), while
    // nothing is read. Then the connection ends with mqtt_deferred.
    Duration longest_defer = std::chrono::minutes(5);
};

enum class Version : std::uint8_t {  // of the protocol
    v3_1_1,
    v5,
    // 5.0, and 3.1.1 where the broker refuses it: by its reason code or return code until start() or configure(), by
    // closing before CONNACK for one connection.
    v5_then_v3,
};
inline constexpr std::uint32_t never_expires = 0xFFFF'FFFF;  // for session_expiry_s (MQTT 5.0, 3.1.2.11.2)

struct Will {                     // what the broker publishes when the connection breaks
    std::string_view topic;       // without wildcards
    ConstBytes payload;           // up to 65,535 bytes
    Qos qos = Qos::at_most_once;  // of the will
    bool retain = false;          // it is kept
#if ESB_MQTT5
    ConstBytes properties{};  // from a PropertyWriter: those of a message and the will delay
#endif
};

// The views must stay valid until the next configure().
struct ConnectOptions {
    std::string_view client_id;                           // by which the broker knows the session
    std::string_view user_name;                           // empty: none
    ConstBytes password;                                  // empty: none
    bool clean_session = false;                           // true: begin without a session, and leave none
    std::uint16_t keep_alive_s = 60;                      // 0 turns keep-alive off
    Duration connack_timeout = std::chrono::seconds(10);  // from CONNECT on
    Will will;                                            // empty topic: none
#if ESB_MQTT5
    Version version = Version::v3_1_1;  // that is spoken first
    // How long the broker keeps the session without a connection; with clean_session not at all.
    std::uint32_t session_expiry_s = never_expires;
    // The session of an earlier life of this program is ours, though nothing of it is remembered here. Otherwise the
    // first connection asks for a new one (MQTT-3.2.2-4).
    bool session_known = false;
    ConstBytes properties{};  // user properties
#endif
};

// Identifies one publish, subscribe or unsubscribe until its completion; never 0. Reused only after 2^32 others.
using Token = std::uint32_t;

struct Publish {                  // a message of ours
    std::string_view topic;       // without wildcards
    ConstBytes payload;           // may be empty
    Qos qos = Qos::at_most_once;  // quality of service
    bool retain = false;          // the broker keeps it
#if ESB_MQTT5
    ConstBytes properties{};  // from a PropertyWriter; left out where the broker speaks 3.1.1
#endif
#if ESB_MQTT_OFFLINE
    Waiting waiting = Waiting::refuse;  // when it cannot go at once
#endif
#if ESB_MQTT_KEEP
    // Survives a restart of this program (Client::restore()): when publish() returns, it lies in the storage.
    bool keep = false;
#endif
#if ESB_MQTT_BORROW
    // The payload is not copied but sent from where it lies: there it must stay, unchanged, until on_published(), over lost
    // connections, too. It takes no room in the outbox. Not with `keep`.
    bool borrowed = false;
#endif
};

// An incoming PUBLISH that was larger than the limits.
struct TooLarge {
    std::string_view topic;  // empty when that was what did not fit
    std::size_t topic_size;  // bytes of its topic
    std::size_t size;        // of the payload
    Qos qos;                 // as the broker sent it
    bool retain;             // it was kept at the broker
    bool duplicate;          // it may have been sent before (DUP)
};

// Called from within receive(), sent(), transport_closed() and forget_session(). May call back publish(),
// subscribe(), unsubscribe(), configure(), start(), stop(), forget_session(), acknowledge() and what only asks; the driver's
// part (output, sent, receive, tick, transport_*) must not be called from here.
class Handler {
public:
    virtual ~Handler() = default;
    virtual void on_connected(bool session_present) = 0;  // CONNACK; whether the broker knows our session
    // The connection is over; `retry_at` is when the client will want a transport again.
    virtual void on_disconnected(const Error& why, Instant retry_at) = 0;
    // Before that, once a broker had accepted us: the first packet that has gone to it whole and that it has not answered
    // (packet_topic.hpp reads its topic). One that ends connections for a topic that it forbids has ended it for this one.
    virtual void on_unanswered(ConstBytes) {}
    virtual void on_message(const MessagePiece& piece) = 0;
    // Once for each message that was too large, when all of it has passed by. It is acknowledged like any other.
    virtual void on_too_large(const TooLarge&) {}
    // Exactly once for each accepted publish(). QoS 0: handed to the transport; 1: PUBACK; 2: PUBCOMP. With MQTT 5.0
    // an error may be the broker's reason not to take it.
    // Errors: `closed` (QoS 0 and the connection went first), `cancelled` (forget_session), mqtt_session_lost (QoS 2
    // after PUBREC, and the broker lost the session: it may or may not have passed the message on), mqtt_dropped and
    // mqtt_replaced (see Waiting; these two come from within publish() of the message that takes the place).
    // Also for messages that restore() brought, with tokens of their own.
    virtual void on_published(Token token, Status outcome) = 0;
    // Exactly once for each subscribe() and unsubscribe(); for subscribe the granted QoS, otherwise 0. Errors:
    // mqtt_subscribe_refused, `closed` when the connection went first, `cancelled`.
    virtual void on_subscribed(Token token, Result<Qos> outcome) = 0;
};

// Counters since construction.
struct Statistics {
    std::uint32_t connects = 0;       // accepted by the broker
    std::uint32_t messages_in = 0;    // delivered to the handler in full
    std::uint32_t messages_out = 0;   // publishes completed without error
    std::uint32_t resends = 0;        // PUBLISH with DUP and PUBREL again, on resumed sessions
    std::uint32_t duplicates_in = 0;  // QoS 2 messages that came again and were not delivered again
    std::uint32_t too_large_in = 0;   // messages that were read past
#if ESB_MQTT_OFFLINE
    std::uint32_t dropped_out = 0;   // publishes that made room for others, by Waiting::drop_oldest
    std::uint32_t replaced_out = 0;  // and by Waiting::latest
#endif
#if ESB_MQTT_KEEP
    std::uint32_t kept_writes = 0;    // of the storage, erasures among them
    std::uint32_t kept_failures = 0;  // of them went wrong, other than in publish(): a restart may repeat a message
#endif
};

}  // namespace esb::mqtt
