#include "esb/life/kept_messages.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/fixed.hpp"

#include <algorithm>

namespace esb::life {
namespace {

using Key = FixedString<chip::kv_key_max>;

Key slot_key(std::size_t slot) {
    Key key;
    static_cast<void>(key.assign("mqtt.kept."));
    static_cast<void>(key.append(decimal(slot).view()));  // there is room
    return key;
}

}  // namespace

KeptMessages::KeptMessages(chip::KeyValue& key_value, std::size_t longest)
    : key_value_(key_value),
      longest_(std::min(longest, chip::kv_value_max)),
      record_(std::make_unique<std::uint8_t[]>(longest_)) {}

Result<ConstBytes> KeptMessages::read(std::size_t slot) {
    const auto found = key_value_.get(slot_key(slot), MutBytes(record_.get(), longest_));
    if (!found && found.error() == errors::kv_not_found) return fail(errors::not_found);
    return found;
}

Status KeptMessages::write(std::size_t slot, ConstBytes head, ConstBytes body) {
    if (head.size() + body.size() > longest_) return fail(errors::too_long);
    const MutBytes record(record_.get(), head.size() + body.size());
    copy(head, record);
    copy(body, record.subspan(head.size()));
    return key_value_.put(slot_key(slot), record);
}

Status KeptMessages::erase(std::size_t slot) { return key_value_.remove(slot_key(slot)); }

Status KeptMessages::erase_all(chip::KeyValue& key_value) {
    for (std::size_t slot = 0; slot < max_slots; ++slot) ESB_TRY(key_value.remove(slot_key(slot)));
    return {};
}

}  // namespace esb::life
