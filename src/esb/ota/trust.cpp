#include "esb/ota/trust.hpp"

#include <algorithm>
#include <type_traits>

namespace esb::ota {

Status Trust::add_anchor(std::string_view key) {
    const auto parsed = parse_key(key);
    if (!parsed) return fail(parsed.error());
    ESB_TRY(compiled_.add(*parsed));
    return key_version_ == 1 ? keyring_.add(*parsed) : Status();
}

// Nothing is taken for what was there at birth.
void Trust::load() {
    floor_ = 0;
    bad_ = {};
    const auto floor = records_.floor.load(floor_);
    if (!floor) floor_ = running_.seq;
    const auto bad = records_.bad.load(bad_);
    KeySet set;
    const auto keys = records_.keys.load(set);
    if (!keys) keyring_.clear();
    if (keys && *keys) use(set);
    std::uint32_t counter = 0;
    const bool counters = records_.counter.load(counter) && records_.config_counter.load(counter);
    lost_ = !floor || !bad || !keys || !counters;
}

void Trust::use(const KeySet& set) {
    keyring_.clear();
    for (const auto& key : set.keys) static_cast<void>(keyring_.add(key));  // as many fit into a set
    key_version_ = set.version;
}

// A person at the device has decided. What is not lost stays as it is.
Status Trust::repair(std::uint32_t counter) {
    if (!lost_) return {};
    KeySet set;
    set.version = 1;
    for (const auto& key : compiled_.keys()) ESB_TRY(set.keys.push_back(key));
    const auto mend = [](const auto& record, const auto& value) -> Status {
        std::remove_cvref_t<decltype(value)> present{};
        return record.load(present) ? Status() : record.restore(value);
    };
    ESB_TRY(mend(records_.floor, running_.seq));
    ESB_TRY(mend(records_.bad, BadList{}));
    ESB_TRY(mend(records_.counter, counter));
    ESB_TRY(mend(records_.config_counter, counter));
    ESB_TRY(mend(records_.keys, set));
    load();
    return lost_ ? Status(fail(errors::trust_lost)) : Status();
}

Status Trust::adopt(ConstBytes payload) {
    KeySet set;
    ESB_TRY(parse_keys(payload, set));
    if (is_present_set(set)) return {};  // the broker has repeated it
    if (set.version != key_version_ + 1) return fail(errors::ota_key_version);
    ESB_TRY(records_.keys.save(set));  // before use: a restart must not bring the old keys back
    use(set);
    return {};
}

bool Trust::is_present_set(const KeySet& set) const {
    const auto held = [this](const TrustedKey& key) {
        const TrustedKey* const found = keyring_.find(key.kid);
        return found != nullptr && found->key == key.key;
    };
    return set.version == key_version_ && set.keys.size() == keyring_.size() &&
           std::all_of(set.keys.begin(), set.keys.end(), held);
}

Status Trust::raise_floor(std::uint32_t floor) {
    floor_ = std::max(floor_, floor);
    return lost_ ? Status() : records_.floor.save(floor_);
}

Status Trust::save_quarantine() const { return records_.bad.save(bad_); }

Status Trust::use_command_counter(std::uint32_t counter) const {
    std::uint32_t last = 0;
    ESB_TRY(records_.counter.load(last));
    return counter > last ? records_.counter.save(counter) : fail(errors::ota_counter);
}

Status Trust::use_config_counter(std::uint32_t counter) const {
    std::uint32_t last = 0;
    const auto known = records_.config_counter.load(last);
    if (!known) return fail(known.error());
    if (*known && counter <= last) return fail(errors::ota_counter);
    return records_.config_counter.save(counter);
}

std::optional<std::uint32_t> Trust::config_counter() const {
    std::uint32_t last = 0;
    const auto known = records_.config_counter.load(last);
    return known && *known ? std::optional(last) : std::nullopt;
}

}  // namespace esb::ota
