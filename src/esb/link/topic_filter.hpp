// Which topics a filter takes (MQTT 3.1.1 §4.7).
#pragma once

#include <string_view>

namespace esb::link {

// `filter` is one that mqtt::is_topic_filter() allows. A wildcard in the first level does not take topics that begin with
// $ (MQTT-4.7.2-1).
bool matches(std::string_view filter, std::string_view topic);

}  // namespace esb::link
