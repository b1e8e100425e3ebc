// A device as the set-up pages see it, made of a real schema and store; it remembers what it was asked for.
#pragma once

#include "esb/base/json.hpp"
#include "esb/crypto/password.hpp"
#include "esb/portal/host.hpp"
#include "esb/settings/trial.hpp"
#include "tests/support/memory_key_value.hpp"
#include "tests/support/scripted_radio.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace esb::test {

class FakeHost final : public portal::Host, private ota::Uploads {
public:
    static constexpr std::string_view key_hex = "00112233445566778899aabbccddeeff";
    static constexpr std::array<std::string_view, 3> sec{"psk-tls", "signed-ota", "rollback"};

    life::Snapshot now = usual();
    ota::Progress progress;
    // Scans are noted as asked for.
    struct Air final : ScriptedRadio {
        explicit Air(FakeHost& of) : host(of) {}
        Status start_scan() override { return host.note("scan"); }
        FakeHost& host;
    };
    mutable Air radio_{*this};
    std::vector<std::string> log;
    std::vector<std::string> calls;  // what was asked for, in order
    std::optional<Error> refusal;    // of the next call that can be refused
    std::string uploaded;
    std::optional<std::size_t> refuse_upload_after;
    settings::Schema table;
    MemoryKeyValue flash;
    settings::Store store{flash, table};
    settings::Shelf shelf_{flash, store};

    static life::Snapshot usual();

    FakeHost();
    void set(std::string_view name, std::string_view value);
    void hear(std::string_view ssid, int rssi, chip::Auth auth = chip::Auth::wpa2);

    life::Snapshot snapshot() const override { return now; }
    const ota::Progress& update() const override { return progress; }
    ota::Uploads& uploads() override { return *this; }
    chip::Radio& radio() const override { return radio_; }
    const settings::Schema& schema() const override { return table; }
    const settings::Store& settings() const override { return store; }
    settings::Shelf* shelf() override { return with_certificates ? &shelf_ : nullptr; }
    Result<std::string_view> certificate_request(std::span<char> out) override;
    Status change(const settings::Patch& patch) override;
    void try_now(std::string_view ssid) override;
    Status set_console_password(std::string_view password) override;
    std::string_view log_line(std::uint32_t& number, std::span<char> out) const override;
    Status begin_upload(std::uint32_t size) override { return note("begin " + std::to_string(size)); }
    Status upload_piece(ConstBytes piece) override;
    Status end_upload() override { return note("end"); }
    void upload_lost() override { calls.emplace_back("lost"); }
    Status say_of_update(std::string_view word) override { return note("update: " + std::string(word)); }
    void later(portal::Later what) override;
    Status factory_reset() override { return note("reset"); }
    void page_served() override { ++served; }
    void page_used() override { ++used; }
    int served = 0;
    int used = 0;
    std::string first;  // network of the latest try

    bool was_asked(std::string_view what) const { return std::find(calls.begin(), calls.end(), what) != calls.end(); }

private:
    Status note(std::string what);
};

}  // namespace esb::test
