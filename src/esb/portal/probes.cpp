#include "esb/portal/probes.hpp"

#include <algorithm>

namespace esb::portal {
namespace {

constexpr std::string_view apple_success = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>";

constexpr Probe table[] = {
    {"Android", "connectivitycheck.gstatic.com", "/generate_204", 204, "", false},
    {"Android", "www.google.com", "/gen_204", 204, "", false},
    {"Android", "play.googleapis.com", "/generate_204", 204, "", false},
    {"iOS, macOS", "captive.apple.com", "/hotspot-detect.html", 200, apple_success, true},
    {"iOS, macOS", "www.apple.com", "/library/test/success.html", 200, apple_success, true},
    {"Windows", "www.msftconnecttest.com", "/connecttest.txt", 200, "Microsoft Connect Test", false},
    {"Windows", "www.msftncsi.com", "/ncsi.txt", 200, "Microsoft NCSI", false},
    {"Firefox", "detectportal.firefox.com", "/canonical.html", 200, "", false},
    {"Firefox", "detectportal.firefox.com", "/success.txt", 200, "success", false},
    {"Kindle", "spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html", 200, "", false},
    {"GNOME", "nmcheck.gnome.org", "/check_network_status.txt", 200, "NetworkManager is online", false},
};

const Probe* find(std::string_view host, std::string_view path) {
    const auto found = std::find_if(std::begin(table), std::end(table),
                                    [&](const Probe& probe) { return probe.host == host && probe.path == path; });
    return found == std::end(table) ? nullptr : found;
}

}  // namespace

std::span<const Probe> probes() { return table; }

ProbeAnswers::ProbeAnswers(const chip::IpAddress& address) {
    const auto text = to_text(address);
    // An IPv4 address has at most 15 characters: all of this fits.
    for (const auto piece : {std::string_view("http://"), text.view(), std::string_view("/")}) {
        static_cast<void>(home_.append(piece));
    }
    for (const auto piece : {std::string_view("<!DOCTYPE html><title>Set-up</title><p>Set up this device: <a href=\""),
                             home_.view(), std::string_view("\">"), home_.view(), std::string_view("</a>")}) {
        static_cast<void>(page_.append(piece));
    }
}

net::HttpReply ProbeAnswers::answer(const net::HttpRequest& request, bool success) const {
    net::HttpReply reply;
    reply.content_type = "text/html; charset=utf-8";
    const auto* probe = find(request.host, request.path);
    if (success && probe != nullptr && probe->closes_window) {
        reply.body = as_bytes(probe->online_body);
        return reply;
    }
    reply.status = 302;
    reply.location = home_;
    reply.body = as_bytes(page_);
    return reply;
}

}  // namespace esb::portal
