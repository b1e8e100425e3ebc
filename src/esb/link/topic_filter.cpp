#include "esb/link/topic_filter.hpp"

namespace esb::link {
namespace {

// Takes the first level off, and tells whether there was one.
bool next_level(std::string_view& rest, bool& more, std::string_view& level) {
    if (!more) return false;
    const auto slash = rest.find('/');
    level = rest.substr(0, slash);
    more = slash != std::string_view::npos;
    rest.remove_prefix(more ? slash + 1 : rest.size());
    return true;
}

}  // namespace

bool matches(std::string_view filter, std::string_view topic) {
    const bool wild = filter.starts_with('+') || filter.starts_with('#');
    if (wild && topic.starts_with('$')) return false;
    bool filter_more = true;
    bool topic_more = true;
    std::string_view wanted;
    std::string_view level;
    while (next_level(filter, filter_more, wanted)) {
        if (wanted == "#") return true;  // also the level above it (MQTT-4.7.1-2)
        if (!next_level(topic, topic_more, level)) return false;
        if (wanted != "+" && wanted != level) return false;
    }
    return !topic_more;
}

}  // namespace esb::link
