#include "esb/life/factory_reset.hpp"

#include "esb/life/birth.hpp"
#include "esb/life/commissioned.hpp"
#if ESB_CERTIFICATES
#include "esb/life/client_keys.hpp"
#endif
#include "esb/life/device_key.hpp"
#if ESB_MQTT_KEEP
#include "esb/life/kept_messages.hpp"
#endif
#include "esb/life/last_network.hpp"
#include "esb/settings/trust_record.hpp"

namespace esb::life {
namespace {

enum Due : std::uint8_t { nothing, everything, all_but_secrets };

constexpr settings::AnyKey secrets[] = {settings::names::mqtt_ident, settings::names::brokers[0].psk[0],
                                        settings::names::brokers[0].psk[1], settings::names::ap_pass};

// Kept twice: a note from long ago that comes back to life would wipe the device, its console's lock included.
settings::TrustRecord<std::uint8_t> due_record(chip::KeyValue& key_value) {
    return {key_value, settings::trust_names::reset_due};
}

Status wipe_all(chip::KeyValue& key_value, settings::Store& store) {
    ESB_TRY(forget_birth(key_value));  // first, so that the new secrets are shown whatever comes between
    return store.erase_all();
}

Status wipe_settings(settings::Store& store) {
    static_cast<void>(store.load());  // what cannot be read is dropped too
    return store.erase_all_but(secrets);
}

}  // namespace

Status request_factory_reset(chip::KeyValue& key_value, bool keep_secrets) {
    const auto record = due_record(key_value);
    const std::uint8_t what = keep_secrets ? all_but_secrets : everything;
    std::uint8_t before = nothing;
    return record.load(before) ? record.save(what) : record.restore(what);
}

Result<bool> finish_factory_reset(chip::KeyValue& key_value, settings::Store& store) {
    const auto record = due_record(key_value);
    std::uint8_t what = nothing;
    if (const auto due = record.load(what); !due) return fail(due.error());  // nobody can say: nothing is wiped
    if (what == nothing) return false;
    ESB_TRY(what == all_but_secrets ? wipe_settings(store) : wipe_all(key_value, store));
    ESB_TRY(key_value.remove(DeviceKey::key));
#if ESB_CERTIFICATES
    ESB_TRY(settings::Shelf::erase_all(key_value));
    ESB_TRY(ClientKeys::erase_all(key_value));
#endif
#if ESB_MQTT_KEEP
    ESB_TRY(KeptMessages::erase_all(key_value));
#endif
    // After the settings, so that the old key is never told.
    ESB_TRY(Commissioned(key_value).forget(what != all_but_secrets));
    ESB_TRY(key_value.remove(LastNetwork::key));
    ESB_TRY(record.save(nothing));
    return true;
}

}  // namespace esb::life
