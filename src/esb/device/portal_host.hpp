// The device behind the set-up pages: what they show, and what they may do.
#pragma once

#include "esb/base/time.hpp"
#include "esb/portal/host.hpp"

#include <optional>

namespace esb {

class Core;

// Reactor's task only.
class PortalHost final : public portal::Host {
public:
    explicit PortalHost(Core& core) : core_(core) {}

    // What was asked for and must wait until the reply has left: the page's own access point is about to go.
    void step(Instant now);
    // Does what try_now() has asked for; once the settings are in use.
    void begin_try(Instant now);
    std::optional<Instant> deadline() const { return to_try_ ? std::optional(Instant{}) : due_; }
    // Somebody has used the pages since the portal opened.
    bool visited() const { return visited_; }
    // The portal opens or has closed: nobody has used it, nothing waits.
    void reset();

    portal::About about() const override;
    portal::Moment moment() const override;
    portal::UpdateProgress update() const override;
    const settings::Schema& schema() const override;
    const settings::Store& settings() const override;
    Status change(const settings::Patch& patch) override;
    void try_now(std::string_view ssid) override;
    Status set_console_password(std::string_view password) override;
    Status scan() override;
    std::uint32_t scans() const override;
    std::size_t networks(std::span<chip::ScanEntry> out) const override;
    std::string_view log_line(std::uint32_t& number, std::span<char> out) const override;
    Status begin_upload(std::uint32_t size) override;
    Status upload_piece(ConstBytes piece) override;
    Status end_upload() override;
    void upload_lost() override;
    void restart() override;
    Status factory_reset() override;
    void result_shown() override;
    void close_portal() override;
    void page_served() override;
    void page_used() override;

private:
    enum class Later : std::uint8_t { tell_result, close, restart };
    void soon(Later what);
    bool at_work() const;

    Core& core_;
    bool visited_ = false;
    std::optional<chip::Ssid> to_try_;
    Later later_ = Later::tell_result;
    std::optional<Instant> due_;
};

}  // namespace esb
