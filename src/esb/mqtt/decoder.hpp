// Bytes from the broker -> packets, as a stream: a PUBLISH payload passes through in pieces and is never held,
// of everything else at most a few bytes are. Lengths and flags are checked before anything is used. A PUBLISH that is
// larger than the limits is read past: it gives pieces like any other, and too_large() says so. What is particular to
// MQTT 5.0 is in decoder5.cpp.
#pragma once

#include "esb/mqtt/codec.hpp"
#include "esb/mqtt/errors.hpp"
#include "esb/mqtt/property_scan.hpp"
#include "esb/mqtt/text_scan.hpp"

#include <cstdint>
#include <type_traits>

namespace esb::mqtt {

// Any packet a server may send, except PUBLISH.
struct Packet {
    PacketType type = PacketType::pingresp;
    PacketId id = 0;               // acknowledgements
    std::uint8_t code = 0;         // return code or reason code
    bool session_present = false;  // CONNACK
};

// What a decoder needs for MQTT 5.0, and what it is without.
struct DecoderFive {
    bool on = false;
    std::uint8_t code = 0;  // of the error
    std::size_t max_whole = 0;
    MutBytes store;
    Properties properties;
    PropertyScan scan;
};
struct DecoderThree {
    static constexpr bool on = false;
    static inline std::uint8_t code;
};

class Decoder {
public:
    enum class Event : std::uint8_t {
        more,    // all bytes are used up, nothing is complete
        packet,  // see packet()
        piece,   // see piece() and piece_id()
        error,   // see error(); every further call says the same until reset()
    };

    // `topic` holds the topic of the PUBLISH at hand; a message with a longer one, or with a remaining length above
    // `max_packet`, is too large.
    Decoder(MutBytes topic, std::size_t max_packet) { use(topic, max_packet); }
    Decoder() = default;
    void use(MutBytes topic, std::size_t max_packet) {
        topic_ = topic;
        max_packet_ = max_packet;
    }

    // MQTT 5.0: where properties are kept of which an author may want to know, and the most bytes a packet may have.
    void use_five(MutBytes properties, std::size_t max_whole);

    // For a new connection: forgets what was half read.
    void reset() { stage_ = Stage::first_byte; }
    void reset(bool five);
    // Takes bytes from the front of `bytes` up to the end of the next event. A PUBLISH gives a piece for every
    // call that sees some of its payload, and one empty piece if it has none.
    Event next(ConstBytes& bytes);

    // The packet at hand is well formed, but has no place here: an error.
    Event reject();

    const Packet& packet() const { return packet_; }
    // Its views are valid until the next call; `bytes` points into what was given to next().
    const MessagePiece& piece() const { return piece_; }
    PacketId piece_id() const { return packet_.id; }
    // Of the message at hand. A topic that does not fit is empty in its pieces.
    bool too_large() const { return too_large_; }
    std::size_t topic_size() const { return topic_size_; }
    // MQTT 5.0: of the packet at hand, until the next call of next(); empty when they are more than there is room for.
#if ESB_MQTT5
    Properties properties() const { return v5_.properties; }
    void forget_properties() { v5_.properties = {}; }
    // What CONNACK says in numbers, until the next packet.
    const PropertyScan& numbers() const { return v5_.scan; }
    // MQTT 5.0: the reason code of the error.
    std::uint8_t code() const { return v5_.code; }
#endif
    // No packet has been begun.
    bool between_packets() const { return stage_ == Stage::first_byte; }
    // mqtt_malformed, mqtt_unexpected (a packet only clients send). With MQTT 5.0 also mqtt_reason_packet_size (more
    // than we told the broker) and mqtt_reason_topic_alias.
    const ErrorKind& error() const { return *error_; }

private:
    enum class Stage : std::uint8_t {
        first_byte,
        length,
        topic_size,
        topic,
        packet_id,
        payload,
        body,
        properties,
        tail,
        failed
    };

    Event take_first_byte(std::uint8_t byte);
    Event take_length(const std::uint8_t*& at, const std::uint8_t* end);
    Event begin_body();
    Event take_topic_size();
    Event take_topic(ConstBytes part);
    Event begin_payload();
    Event take_payload(ConstBytes part);
    Event take_collected();
    Event after_id() {
        if constexpr (with_mqtt5) return begin_content();
        return begin_payload();
    }
    // decoder5.cpp
    Event take_high_type(std::uint8_t byte);
    Event begin_content();
    Event begin_body5();
    Event take_body5();
    Event begin_properties(PropertyPlace place, std::size_t limit);
    Event take_properties(ConstBytes& bytes);
    Event end_properties();
    Event take_tail();
    Event finish(Event event);
    Event collect_next(Stage stage, std::size_t count);
    bool topic_fits() const { return topic_size_ <= topic_.size(); }
    PacketId scratch16() const { return static_cast<PacketId>(scratch_[0] << 8 | scratch_[1]); }
    // Ten times the same exit: smaller as a call.
    [[gnu::noinline]] Event malformed();
    Event failed(const ErrorKind& kind);
    Event failed5(std::uint8_t code);

    Stage stage_ = Stage::first_byte;
    std::uint8_t length_shift_ = 0;
    std::uint8_t scratch_[3]{};  // the longest body but PUBLISH's is SUBACK's
    bool too_large_ = false;
    Packet packet_;
    TextScan topic_scan_;
    std::size_t topic_size_ = 0;
    std::size_t needed_ = 0;  // bytes to collect, in scratch_ or topic_
    std::size_t have_ = 0;
    std::size_t remaining_ = 0;  // of the packet at hand; from `payload` on, of what has not been given out
    MessagePiece piece_{};
    MutBytes topic_;
    std::size_t max_packet_ = 0;
    const ErrorKind* error_ = nullptr;
    [[no_unique_address]] std::conditional_t<with_mqtt5, DecoderFive, DecoderThree>
        v5_;  // last: see Engine::Connection
};

}  // namespace esb::mqtt
