// The page of a watched chip: what a browser on this machine sees, and what its switches do.
#pragma once

#include "esb/net/http_server.hpp"
#include "host/cli/watch_history.hpp"
#include "host/cli/outcome.hpp"
#include "host/cli/watch_air.hpp"
#include "host/cli/watch_pins.hpp"
#include "host/cli/trace_text.hpp"
#include "host/vchip/process.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

// Serves at 127.0.0.1 and nowhere else. Every path begins with a random token, so that neither other users of this machine
// nor other pages get in; the names in Host and Origin must be ours (http_request.hpp), against names that are made to lead
// here. Nothing is loaded from elsewhere.
class WatchPage final : private net::HttpSite {
public:
    WatchPage(net::Reactor& reactor, vchip::PosixSockets& sockets) : pins_(sockets), server_(reactor, *this) {}
    // Takes its folder away.
    ~WatchPage() override;

    // Starts to serve. From here on the chip has the page's air and, unless it has others, the page's pins.
    Outcome<void> start(vchip::VchipOptions& chip);
    const std::string& url() const { return url_; }

    void take(const TraceLine& line, std::string_view text) { history_->take(line, text); }
    void take_serial(std::string_view bytes) { history_->take_serial(bytes); }

    // What the page's switches need of the chip; all set before the reactor's next turn.
    std::function<void(bool on)> on_power;
    std::function<void(std::string_view text)> on_type;
    std::function<bool()> power;

private:
    net::HttpReply on_request(const net::HttpRequest& request, ConstBytes body) override;
    net::HttpReply on_foreign_host(const net::HttpRequest&) override { return refusal(403); }
    std::size_t on_more(std::uint32_t, std::uint32_t&, MutBytes) override { return 0; }
    std::optional<net::HttpReply> on_upload(const net::HttpRequest&) override { return refusal(404); }
    std::optional<net::HttpReply> on_upload_piece(ConstBytes) override { return refusal(404); }
    net::HttpReply on_upload_end() override { return refusal(404); }
    void on_upload_lost() override {}

    static net::HttpReply refusal(unsigned status);
    bool has_token(std::string_view& path) const;
    net::HttpReply get(std::string_view file, std::string_view query);
    net::HttpReply post(ConstBytes body);
    net::HttpReply json(std::string text);
    std::string live_json(std::string_view query) const;
    bool act(ConstBytes body);

    std::filesystem::path folder_;
    std::string token_;
    std::string host_;
    std::string_view hosts_[2];  // by address and by name
    std::string localhost_;
    std::string url_;
    std::optional<WatchHistory> history_;
    WatchAir air_;
    WatchPins pins_;
    std::array<std::uint8_t, 4096> body_{};
    // Replies are sent from here; there are more of them than connections.
    std::array<std::string, 2 * net::HttpServer::max_connections> replies_;
    std::size_t next_reply_ = 0;
    net::HttpServer server_;
};

}  // namespace esb::cli
