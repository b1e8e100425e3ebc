// Several short connections in a row look like two devices with one identity: each throws the other out.
#pragma once

#include "esb/base/time.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/mqtt/errors.hpp"
#include "esb/net/tls_stream.hpp"

#include <optional>

namespace esb::link {

class ShortSessions {
public:
    static constexpr Duration brief = std::chrono::seconds(30);
    static constexpr Duration calm = std::chrono::minutes(5);  // a connection this long takes the suspicion away
    static constexpr unsigned needed = 3;

    void began(Instant now) { began_ = now; }
    // The broker's side ended the connection without saying why.
    static bool is_plain_end(const Error& why) {
#if ESB_MQTT5
        if (why == errors::mqtt_reason_taken_over) return true;  // or has said just that
#endif
        return why == errors::closed || why == errors::socket_reset || why == errors::tls_truncated;
    }
    // True when the connection that ends makes it suspicious.
    bool ended(const Error& why, Instant now) {
        if (!began_) return false;
        const auto lived = now - *began_;
        began_.reset();
        if (lived >= brief) count_ = 0;
        if (lived >= calm) suspected_ = false;
        if (lived >= brief || !is_plain_end(why)) return false;
        if (++count_ != needed) return false;
        suspected_ = true;
        return true;
    }
    bool suspected(Instant now) const { return suspected_ && (!began_ || now - *began_ < calm); }

private:
    std::optional<Instant> began_;
    unsigned count_ = 0;
    bool suspected_ = false;
};

}  // namespace esb::link
