// Topics of the device: where they begin, and whole.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/identity.hpp"
#include "esb/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::link {

enum class Root : std::uint8_t {
    base,  // <base>/: the device's own
    app,   // <base>/app/: the author's
    none,  // a whole topic, shared with others
};

struct Topic {
    std::string_view name;
    Root root = Root::base;
};

inline constexpr std::size_t topic_max = 112;  // bytes of a whole topic
using WholeTopic = FixedString<topic_max>;

// mqtt_bad_topic when there is no base topic yet, or when it would be longer than topic_max.
Result<WholeTopic> whole_topic(const Topic& topic, const Identity& base);

}  // namespace esb::link
