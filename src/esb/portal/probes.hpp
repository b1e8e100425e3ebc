// How phones and computers find out that they are behind a set-up page, and what they are told. docs/captive-portal.md
// shows the table to people; a test compares the two.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/network.hpp"
#include "esb/net/http_site.hpp"

#include <span>
#include <string_view>

namespace esb::portal {

// What an operating system asks for, and what it takes for "this is the Internet".
struct Probe {
    std::string_view system;
    std::string_view host;
    std::string_view path;
    unsigned online_status;
    std::string_view online_body;  // the beginning of it; empty: any, or none
    // Answered as if on line after success, so that the small browser window says "done" and may be closed. Elsewhere
    // that would make a phone believe in an Internet which is not there.
    bool closes_window;
};

std::span<const Probe> probes();

// The answers to requests for names that are not ours. User agents play no part: the same answer for the program that
// probes and for the window it opens.
class ProbeAnswers {
public:
    // The access point's address, IPv4.
    explicit ProbeAnswers(const chip::IpAddress& address);

    // A redirect to http://<address>/ with a body (Apple's window needs one); after `success` Apple's probes get Apple's
    // success page. Holds as long as this object.
    net::HttpReply answer(const net::HttpRequest& request, bool success) const;

    std::string_view home() const { return home_; }

private:
    FixedString<32> home_;   // "http://4.3.2.1/"
    FixedString<160> page_;  // the redirect's body
};

}  // namespace esb::portal
