#include "esb/device/factory_reset.hpp"

#include "esb/device/birth.hpp"
#include "esb/device/commissioned.hpp"
#include "esb/device/device_key.hpp"
#include "esb/device/last_network.hpp"

#include <array>

namespace esb {
namespace {

constexpr std::string_view due_key = "reset.due";
constexpr std::uint8_t everything = 1;
constexpr std::uint8_t all_but_secrets = 2;

constexpr std::array secrets = {settings::names::mqtt_ident, settings::names::brokers[0].psk[0],
                                settings::names::brokers[0].psk[1], settings::names::ap_pass};

Status wipe_all(chip::KeyValue& key_value, settings::Store& store) {
    ESB_TRY(forget_birth(key_value));  // first, so that the new secrets are shown whatever comes between
    ESB_TRY(store.erase_all());
    return key_value.remove(Commissioned::key_used);  // last, so that the old key is never told
}

Status wipe_settings(settings::Store& store) {
    static_cast<void>(store.load());  // what cannot be read is dropped too
    return store.erase_all_but(secrets);
}

}  // namespace

Status request_factory_reset(chip::KeyValue& key_value, bool keep_secrets) {
    const std::uint8_t what = keep_secrets ? all_but_secrets : everything;
    return key_value.put(due_key, {&what, 1});
}

Result<bool> finish_factory_reset(chip::KeyValue& key_value, settings::Store& store) {
    std::array<std::uint8_t, 1> what{};
    const auto due = key_value.get(due_key, what);
    if (!due) return due.error() == errors::kv_not_found ? Result<bool>(false) : fail(due.error());
    ESB_TRY(what[0] == all_but_secrets ? wipe_settings(store) : wipe_all(key_value, store));
    ESB_TRY(key_value.remove(DeviceKey::key));
    ESB_TRY(key_value.remove(Commissioned::key));
    ESB_TRY(key_value.remove(LastNetwork::key));
    ESB_TRY(key_value.remove(due_key));
    return true;
}

}  // namespace esb
