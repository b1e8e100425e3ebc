// Whole topics.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/identity.hpp"
#include "esb/base/result.hpp"
#include "esb/link/message.hpp"

#include <cstddef>
#include <string_view>

namespace esb::link {

inline constexpr std::size_t topic_max = 112;  // bytes of a whole topic
using WholeTopic = FixedString<topic_max>;

// mqtt_bad_topic when there is no base topic yet, or when it would be longer than topic_max.
Result<WholeTopic> whole_topic(const Topic& topic, const Identity& base);

}  // namespace esb::link
