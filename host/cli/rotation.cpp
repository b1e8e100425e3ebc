#include "host/cli/rotation.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"
#include "esb/crypto/crypto.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/jwe.hpp"

#include <array>

namespace esb::cli {
namespace {

// "mqtt.0.psk.0" <-> "mqtt.0.psk.1"
Outcome<std::string> other_slot(const std::string& slot) {
    const bool known = slot.size() == 12 && slot.starts_with("mqtt.") && slot.substr(6, 5) == ".psk." &&
                       (slot.back() == '0' || slot.back() == '1');
    if (!known) return failure("the device does not say which of its keys it uses");
    return slot.substr(0, 11) + (slot.back() == '0' ? '1' : '0');
}

Outcome<void> choose_key(RotationPorts& ports, Account& account) {
    if (account.rotation != Account::Rotation::none) return {};
    auto key = ports.new_key();
    if (!key) return std::unexpected(key.error());
    account.next = std::move(*key);
    account.rotation = Account::Rotation::handing_over;
    return ports.store(account);
}

Outcome<void> switch_broker(RotationPorts& ports, Account& account) {
    if (account.rotation == Account::Rotation::handing_over) {
        account.psk = account.next;
        account.next.clear();
        account.rotation = Account::Rotation::switched;
    }
    // Also when that had been stored: the broker may not have been told.
    if (auto done = ports.store(account); !done) return done;
    ports.tell("the broker accepts the new key only");
    return {};
}

}  // namespace

Outcome<void> rotate_key(RotationPorts& ports) {
    auto account = ports.account();
    if (!account) return std::unexpected(account.error());
    const auto in_use = ports.key_in_use();
    if (!in_use) return std::unexpected(in_use.error());
    const auto spare = other_slot(*in_use);
    if (!spare) return std::unexpected(spare.error());
    const auto device = ports.device_key();
    if (!device) return std::unexpected(device.error());
    if (auto done = choose_key(ports, *account); !done) return done;

    const auto& key = account->rotation == Account::Rotation::handing_over ? account->next : account->psk;
    const auto sealed = encrypt_for(*device, key);
    if (!sealed) return std::unexpected(sealed.error());
    const auto hand_over = json_text([&](JsonWriter& json) {
        json.begin_object().key(*spare).begin_object().key("jwe").text(*sealed).end_object().end_object();
    });
    if (auto done = ports.change(hand_over); !done) return done;
    ports.tell("the device has the new key in " + *spare + " and the old one in " + *in_use);

    if (auto done = switch_broker(ports, *account); !done) return done;

    if (auto done = ports.change("{\"" + *in_use + "\":null}"); !done) return done;
    ports.tell("the device is on line with the new key and has wiped " + *in_use);

    account->rotation = Account::Rotation::none;
    return ports.store(*account);
}

Outcome<ConfigReport> read_config_report(std::string_view payload) {
    const auto document = JsonDocument::parse(as_bytes(payload));
    if (!document) return failure("config/status", document.error());
    const auto root = document->root();
    const auto id = root["id"].text();
    const auto state = root["state"].text();
    if (!id || !state) return failure("config/status has no id or state");
    const auto text = [&root](const char* name) { return std::string(root[name].text().value_or("")); };
    ConfigReport report{std::string(*id), std::string(*state), text("error"), text("why"), text("setting"), text("key"), {}};
    if (const auto counter = root["ctr"].integer(1, UINT32_MAX)) report.counter = static_cast<std::uint32_t>(*counter);
    return report;
}

std::string config_id(std::string_view message) {
    crypto::Sha256 hash;
    hash.update(as_bytes(message));
    const auto digest = hash.finish();
    std::array<char, 16> digits;
    return std::string(hex_encode(ConstBytes(digest).first(8), digits).value_or(std::string_view()));
}

}  // namespace esb::cli
