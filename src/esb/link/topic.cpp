#include "esb/link/topic.hpp"

#include "esb/mqtt/errors.hpp"

namespace esb::link {

Result<WholeTopic> whole_topic(const Topic& topic, const Identity& base) {
    WholeTopic whole;
    const bool below_base = topic.root != Root::none;
    const bool begun = !below_base || (!base.empty() && whole.append(base) && whole.append('/'));
    const bool rooted = begun && (topic.root != Root::app || whole.append("app/"));
    if (!rooted || !whole.append(topic.name)) return fail(errors::mqtt_bad_topic);
    return whole;
}

}  // namespace esb::link
