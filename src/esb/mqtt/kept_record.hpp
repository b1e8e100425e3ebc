// What of a session lies in a Storage, as bytes. All numbers are big-endian:
//   checksum of what follows (4) | version (1) | kind (1) | owner (4) | order (4) | identifier (2) | flags (1) | body
// The body of a publish is its packet, that of the session the identifiers of QoS 2 messages (2 bytes each) that were
// acknowledged by PUBREC and not released yet.
#pragma once

#include "esb/mqtt/codec.hpp"

namespace esb::mqtt {

struct KeptRecord {
    enum class Kind : std::uint8_t { session = 1, publish = 2, release = 3 };
    static constexpr std::size_t head_size = 17;
    static constexpr std::uint8_t version = 1;

    Kind kind = Kind::session;
    std::uint32_t owner = 0;  // whose: checksum of the client identifier
    std::uint32_t order = 0;  // of publishes and releases
    PacketId id = 0;
    bool flag = false;  // publish: in the form of MQTT 5.0; session: the broker has one of ours
    ConstBytes body{};

    void write_head(std::span<std::uint8_t, head_size> out) const;
};

// Whose records they are.
std::uint32_t owner_of(std::string_view client_id);

// mqtt_kept_damaged: too short, another checksum, version or kind, an identifier that is 0, a body that is none. Whether a
// packet is one is not looked at.
Result<KeptRecord> read_kept(ConstBytes bytes);

}  // namespace esb::mqtt
