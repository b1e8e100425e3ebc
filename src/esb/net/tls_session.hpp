// A TLS session that a later handshake may go on with (RFC 5077), in memory that may survive sleep and restarts.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace esb::net {

// Whom it was made with and on what grounds: the host, what its certificate was checked with, the own certificate.
using SessionBinding = std::array<std::uint8_t, 32>;

// Going on with a session skips the check of the certificate: that has to have been made within this time.
inline constexpr UnixTime longest_session{24 * 3600};

// One session in `room`, which may hold anything. It contains keys: whoever offers it takes it out.
//
//     "ESBT" | le32 until | 32 binding | le16 size | the library's bytes | le32 CRC-32 of all before
class TlsSessionStore {
public:
    explicit TlsSessionStore(MutBytes room) : room_(room) {}

    struct Found {
        ConstBytes bytes;
        UnixTime until{};
    };
    // not_found: none, a damaged one, one of others, or one that is over at `now`. The bytes are in `room`.
    Result<Found> find(const SessionBinding& binding, UnixTime now) const;
    // Where the library may write the session's bytes, for keep().
    MutBytes place() const;
    // too_long, too_short (of nothing).
    Status keep(const SessionBinding& binding, UnixTime until, std::size_t size);
    void forget() const;

private:
    MutBytes room_;
};

}  // namespace esb::net
