// A device as the set-up pages see it, made of a real schema and store; it remembers what it was asked for.
#pragma once

#include "esb/base/json.hpp"
#include "esb/crypto/password.hpp"
#include "esb/portal/host.hpp"
#include "esb/settings/trial.hpp"
#include "tests/support/memory_key_value.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace esb::test {

class FakeHost final : public portal::Host {
public:
    static constexpr std::string_view key_hex = "00112233445566778899aabbccddeeff";
    static constexpr std::array<std::string_view, 3> sec{"psk-tls", "signed-ota", "rollback"};

    portal::About who{.identity = "ESP-024553420001",
                      .app = "basic",
                      .version = "1.0.0",
                      .hardware = "esp32c3",
                      .seq = 1,
                      .protections = sec};
    portal::Moment now{.wifi = "up",
                       .ssid = "Home",
                       .rssi = -48,
                       .address = chip::IpAddress::v4(192, 168, 1, 7),
                       .heap = 150'000,
                       .heap_min = 120'000,
                       .up = std::chrono::seconds(123),
                       .portal_left = std::chrono::seconds(540)};
    portal::UpdateProgress progress{.state = "idle", .version = {}, .error = {}};
    std::vector<chip::ScanEntry> heard;
    std::uint32_t scans_ended = 3;
    std::vector<std::string> log;
    std::vector<std::string> calls;  // what was asked for, in order
    std::optional<Error> refusal;    // of the next call that can be refused
    std::string uploaded;
    std::optional<std::size_t> refuse_upload_after;
    settings::Schema table;
    MemoryKeyValue flash;
    settings::Store store{flash, table};

    FakeHost() {
        static_cast<void>(store.load());
        set(settings::names::mqtt_psk, key_hex);
    }
    void set(std::string_view name, std::string_view value) {
        settings::Patch patch(table, settings::Origin::firmware);
        static_cast<void>(patch.set(name, value));
        static_cast<void>(store.commit(patch));
    }
    void hear(std::string_view ssid, int rssi, chip::Auth auth = chip::Auth::wpa2) {
        chip::ScanEntry entry;
        static_cast<void>(entry.ssid.assign(ssid));
        entry.rssi = static_cast<std::int8_t>(rssi);
        entry.auth = auth;
        heard.push_back(entry);
    }

    portal::About about() const override { return who; }
    portal::Moment moment() const override { return now; }
    portal::UpdateProgress update() const override { return progress; }
    const settings::Schema& schema() const override { return table; }
    const settings::Store& settings() const override { return store; }
    Status change(const settings::Patch& patch) override {
        calls.emplace_back("change");
        if (refusal) return fail(*refusal);
        return store.commit(patch);
    }
    void try_now(std::string_view ssid) override {
        calls.emplace_back("try");
        first = ssid;
    }
    Status set_console_password(std::string_view password) override {
        if (!password.empty() && password.size() < crypto::password_min) return fail(errors::password_length);
        calls.push_back("password " + std::to_string(password.size()));
        return {};
    }
    Status scan() override { return note("scan"); }
    std::uint32_t scans() const override { return scans_ended; }
    std::size_t networks(std::span<chip::ScanEntry> out) const override {
        const auto count = std::min(out.size(), heard.size());
        std::copy_n(heard.begin(), count, out.begin());
        return count;
    }
    std::string_view log_line(std::uint32_t& number, std::span<char> out) const override {
        if (number >= log.size()) return {};
        const auto& line = log[number++];
        const auto size = std::min(line.size(), out.size());
        std::copy_n(line.begin(), size, out.begin());
        return {out.data(), size};
    }
    Status begin_upload(std::uint32_t size) override { return note("begin " + std::to_string(size)); }
    Status upload_piece(ConstBytes piece) override {
        uploaded += as_text(piece);
        if (refuse_upload_after && uploaded.size() > *refuse_upload_after) return fail(errors::json_member);
        return {};
    }
    Status end_upload() override { return note("end"); }
    void upload_lost() override { calls.emplace_back("lost"); }
    void restart() override { calls.emplace_back("restart"); }
    Status factory_reset() override { return note("reset"); }
    void result_shown() override { calls.emplace_back("shown"); }
    void close_portal() override { calls.emplace_back("close"); }
    void page_served() override { ++served; }
    void page_used() override { ++used; }
    int served = 0;
    int used = 0;
    std::string first;  // network of the latest try

    bool was_asked(std::string_view what) const { return std::find(calls.begin(), calls.end(), what) != calls.end(); }

private:
    Status note(std::string what) {
        calls.push_back(std::move(what));
        return refusal ? fail(*refusal) : Status();
    }
};

}  // namespace esb::test
