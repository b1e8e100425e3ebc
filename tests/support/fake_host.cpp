#include "tests/support/fake_host.hpp"

namespace esb::test {

life::Snapshot FakeHost::usual() {
    life::Snapshot now;
    now.identity = "ESP-024553420001";
    now.app = "basic";
    now.version = "1.0.0";
    now.hardware = "esp32c3";
    now.seq = 1;
    now.protections = sec;
    now.wifi = "up";
    now.ssid = "Home";
    now.rssi = -48;
    now.address = chip::IpAddress::v4(192, 168, 1, 7);
    now.scans = 3;
    now.portal_left = std::chrono::seconds(540);
    now.heap = 150'000;
    now.heap_min = 120'000;
    now.up = std::chrono::seconds(123);
    return now;
}

FakeHost::FakeHost() {
    static_cast<void>(store.load());
    set(settings::names::mqtt_psk, key_hex);
}

void FakeHost::set(std::string_view name, std::string_view value) {
    settings::Patch patch(table, settings::Origin::firmware);
    static_cast<void>(patch.set(name, value));
    static_cast<void>(store.commit(patch));
}

void FakeHost::hear(std::string_view ssid, int rssi, chip::Auth auth) {
    chip::ScanEntry entry;
    static_cast<void>(entry.ssid.assign(ssid));
    entry.rssi = static_cast<std::int8_t>(rssi);
    entry.auth = auth;
    radio_.air.push_back(entry);
}

Result<std::string_view> FakeHost::certificate_request(std::span<char> out) {
    constexpr std::string_view text =
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
    copy(as_bytes(text), {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    return std::string_view(out.data(), text.size());
}

Status FakeHost::change(const settings::Patch& patch) {
    calls.emplace_back("change");
    if (refusal) return fail(*refusal);
    return store.commit(patch);
}

void FakeHost::try_now(std::string_view ssid) {
    calls.emplace_back("try");
    first = ssid;
}

Status FakeHost::set_console_password(std::string_view password) {
    if (!password.empty() && password.size() < crypto::password_min) return fail(errors::password_length);
    calls.push_back("password " + std::to_string(password.size()));
    return {};
}

std::string_view FakeHost::log_line(std::uint32_t& number, std::span<char> out) const {
    if (number >= log.size()) return {};
    const auto& line = log[number++];
    const auto size = std::min(line.size(), out.size());
    std::copy_n(line.begin(), size, out.begin());
    return {out.data(), size};
}

Status FakeHost::upload_piece(ConstBytes piece) {
    uploaded += as_text(piece);
    if (refuse_upload_after && uploaded.size() > *refuse_upload_after) return fail(errors::json_member);
    return {};
}

void FakeHost::later(portal::Later what) {
    constexpr std::string_view names[] = {"shown", "close", "restart"};
    calls.emplace_back(names[static_cast<std::size_t>(what)]);
}

Status FakeHost::note(std::string what) {
    calls.push_back(std::move(what));
    return refusal ? fail(*refusal) : Status();
}

}  // namespace esb::test
