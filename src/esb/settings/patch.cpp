// Changes: gathered in the blob's form, each checked as it comes.
#include "esb/base/encoding.hpp"
#include "esb/base/secret.hpp"
#include "esb/settings/store.hpp"

namespace esb::settings {

Patch::Patch(const Schema& schema, Origin origin) : schema_(schema), origin_(origin) {}
Patch::~Patch() { clear(); }

void Patch::clear() {
    wipe(records_);
    used_ = 0;
    ports_of_hosts_ = {};
}

Status Patch::allowed(const Setting& setting) const {
    if (names::rows_left_out > 0 && setting.name.empty()) return fail(errors::setting_unknown);
    if (setting.local_only && origin_ == Origin::mqtt) return fail(errors::setting_local_only);
    return {};
}

Status Patch::set(std::string_view name, std::string_view text) {
    const auto* setting = schema_.find(name);
    return setting != nullptr ? set(*setting, text) : Status(fail(errors::setting_unknown));
}

Status Patch::set(const Setting& setting, std::string_view text) {
    ESB_TRY(allowed(setting));
    if (const auto host = host_setting(setting.name)) return set_host(setting, *host, text);
    return set_value(setting, text);
}

Status Patch::set_value(const Setting& setting, std::string_view text) {
    const auto value = parse(setting, text);
    if (!value) return fail(value.error());
    ESB_TRY(check_port(setting.name, value->reveal()));
    return put({setting.name, value->reveal(), false});
}

Status Patch::set_host(const Setting& setting, const HostSetting& host, std::string_view text) {
    const auto field = split_host(text, host.whose);
    if (!field) return fail(field.error());
    if (field->port) {
        const auto port = names::brokers[host.broker].port;
        const auto said = find_record(records(), port);
        if (said && (said->removal || number(said->value) != *field->port)) return fail(errors::host_port);
        // The host first: if it is refused, the port is as it was.
        ESB_TRY(set_value(setting, field->host));
        ESB_TRY(set_value(schema_.at(port), decimal(*field->port)));
        ports_of_hosts_[host.broker] = field->port;
        return {};
    }
    return set_value(setting, field->host);
}

// A port that came with a host is not overruled in silence.
Status Patch::check_port(std::string_view name, ConstBytes value) const {
    const auto broker = port_setting(name);
    if (!broker || !ports_of_hosts_[*broker]) return {};
    if (value.empty() || number(value) != *ports_of_hosts_[*broker]) return fail(errors::host_port);
    return {};
}

Status Patch::set_bytes(std::string_view name, ConstBytes bytes) {
    const auto* setting = schema_.find(name);
    return setting != nullptr ? set_bytes(*setting, bytes) : Status(fail(errors::setting_unknown));
}

Status Patch::set_bytes(const Setting& setting, ConstBytes bytes) {
    ESB_TRY(allowed(setting));
    ESB_TRY(validate(setting, bytes));
    return put({setting.name, bytes, false});
}

Status Patch::unset(std::string_view name) {
    const auto* setting = schema_.find(name);
    return setting != nullptr ? unset(*setting) : Status(fail(errors::setting_unknown));
}

Status Patch::unset(const Setting& setting) {
    ESB_TRY(allowed(setting));
    ESB_TRY(check_port(setting.name, {}));
    return put({setting.name, {}, true});
}

// Puts the change at its place in the order, over an earlier one of the same name.
Status Patch::put(const Record& change) {
    RecordReader reader(records());
    std::size_t at = 0;
    std::size_t old_size = 0;
    while (const auto record = reader.next()) {
        if (record->name > change.name) break;
        if (record->name == change.name) old_size = encoded_size(*record);
        if (record->name < change.name) at += encoded_size(*record);
    }
    const std::size_t new_size = encoded_size(change);
    if (used_ - old_size + new_size > records_.size()) return fail(errors::settings_full);

    const MutBytes all(records_);
    const auto tail = records().subspan(at + old_size);
    const auto end = at + new_size + tail.size();
    copy(tail, all.subspan(at + new_size));
    ByteWriter writer(all.subspan(at, new_size));
    encode(change, writer);
    if (end < used_) wipe(all.subspan(end, used_ - end));
    used_ = end;
    return {};
}

}  // namespace esb::settings
