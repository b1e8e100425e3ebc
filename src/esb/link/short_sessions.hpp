// Several short connections in a row: a topic that the broker forbids, or two devices with one identity, each of which throws
// the other out.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/link/errors.hpp"
#include "esb/mqtt/errors.hpp"
#include "esb/net/tls_stream.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace esb::link {

class ShortSessions {
public:
    static constexpr Duration brief = std::chrono::seconds(30);
    static constexpr Duration calm = std::chrono::minutes(5);  // a connection this long takes the suspicion away
    static constexpr unsigned needed = 3;
    using Topic = FixedString<64>;  // of a longer one the end

    void began(Instant now) {
        began_ = now;
        unanswered_.clear();
    }
    // What the broker had got and not answered when the connection ended.
    void unanswered(std::string_view topic) {
        topic.remove_prefix(topic.size() - std::min(topic.size(), Topic::capacity()));
        static_cast<void>(unanswered_.assign(topic));  // it fits
    }
    static bool is_taken_over([[maybe_unused]] const Error& why) {
#if ESB_MQTT5
        return why == errors::mqtt_reason_taken_over;
#else
        return false;
#endif
    }
    // The broker's side ended the connection without saying why, or has said just that.
    static bool is_plain_end(const Error& why) {
        if (is_taken_over(why)) return true;
        return why == errors::closed || why == errors::socket_reset || why == errors::tls_truncated;
    }
    // True when the connection that ends makes it suspicious, or suspicious of something else.
    bool ended(const Error& why, Instant now) {
        if (!began_) return false;
        const auto lived = now - *began_;
        began_.reset();
        if (lived >= brief) count_ = 0;
        if (lived >= calm) suspicion_ = nullptr;
        if (lived >= brief || !is_plain_end(why)) return false;
        if (is_taken_over(why)) unanswered_.clear();
        note_topic();
        if (++count_ < needed) return false;
        const auto* const before = suspicion_;
        if (suspicion_ == nullptr) suspicion_ = &errors::link_second_device;
        if (same_ >= needed) suspicion_ = &errors::link_topic_forbidden;
        return suspicion_ != before || count_ == needed;
    }
    // link_second_device, or link_topic_forbidden and then topic(); nullptr: nothing is suspected.
    const ErrorKind* suspicion(Instant now) const {
        return !began_ || now - *began_ < calm ? suspicion_ : nullptr;
    }
    std::string_view topic() const { return topic_; }

private:
    void note_topic() {
        if (unanswered_ != topic_) same_ = 0;
        if (!unanswered_.empty()) ++same_;
        topic_ = unanswered_;
    }

    std::optional<Instant> began_;
    unsigned count_ = 0;
    unsigned same_ = 0;  // short connections in a row that ended with the same topic unanswered
    const ErrorKind* suspicion_ = nullptr;
    Topic unanswered_, topic_;
};

}  // namespace esb::link
