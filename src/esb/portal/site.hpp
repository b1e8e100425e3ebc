// The web site of the set-up portal: which request is answered by what (docs/portal.md).
#pragma once

#include "esb/portal/answers.hpp"
#include "esb/portal/api_actions.hpp"
#include "esb/portal/attempt.hpp"
#include "esb/portal/host.hpp"
#include "esb/portal/probes.hpp"

namespace esb::portal {

// `host` and `attempt` outlive it.
class Site final : public net::HttpSite {
public:
    // `address` is the access point's.
    Site(Host& host, Attempt& attempt, const chip::IpAddress& address)
        : host_(host), attempt_(attempt), probes_(address), actions_(host, attempt, refusals_) {}
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    net::HttpReply on_request(const net::HttpRequest& request, ConstBytes body) override;
    net::HttpReply on_foreign_host(const net::HttpRequest& request) override;
    std::size_t on_more(std::uint32_t source, std::uint32_t& cursor, MutBytes out) override;
    std::optional<net::HttpReply> on_upload(const net::HttpRequest& request) override;
    std::optional<net::HttpReply> on_upload_piece(ConstBytes piece) override;
    net::HttpReply on_upload_end() override;
    void on_upload_lost() override;

private:
    std::optional<net::HttpReply> find(std::string_view path);
    std::size_t write_log(std::uint32_t& cursor, MutBytes out) const;

    Host& host_;
    Attempt& attempt_;
    ProbeAnswers probes_;
    Refusals refusals_;
    Actions actions_;
};

}  // namespace esb::portal
