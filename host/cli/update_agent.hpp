// What `esb agent` does: offers each device the newest update that was signed for it, if the device asks its people before
// it installs, and brings it when somebody presses Install. Messages and time in, messages out.
#pragma once

#include "host/cli/envelope_shelf.hpp"
#include "host/cli/safe_text.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

class UpdateAgent {
public:
    explicit UpdateAgent(const EnvelopeShelf& shelf) : shelf_(shelf) {}

    // Any message of the broker; what is malformed or nobody's changes nothing.
    void take(std::string_view topic, std::string_view payload, bool retained);

    struct Sending {
        std::string identity;
        std::string topic;
        std::string payload;
        SafeText about;  // one line
    };
    // What is to be sent now; said once. `now` in seconds since 1970.
    std::vector<Sending> due(std::int64_t now);
    // A sending has failed: it is due again.
    void failed(const Sending& sending);

private:
    struct Device {
        bool online = false;
        std::string app, hw;
        std::optional<std::uint32_t> seq;
        bool asks = false;  // it does not install what comes before somebody says so
        std::string id;     // of the update it last spoke of
        std::string state;  // of that
        bool pressed = false;
        std::string offered;            // id of what was sent to it
        std::string wanted;             // and is to be installed if the device has it
        std::int64_t wanted_until = 0;  // by then
    };

    static void take_status(Device& device, std::string_view payload);
    static void take_update(Device& device, std::string_view payload);
    std::optional<Sending> next(const std::string& identity, Device& device, std::int64_t now) const;

    const EnvelopeShelf& shelf_;
    std::map<std::string, Device> devices_;
};

}  // namespace esb::cli
