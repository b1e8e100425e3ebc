// The set-up portal: web server, captive name server and site, while the access point is on the air.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/network.hpp"
#include "esb/net/http_server.hpp"
#include "esb/net/reactor.hpp"
#include "esb/portal/attempt.hpp"
#include "esb/portal/host.hpp"

#include <memory>

namespace esb::portal {

// Destroyed before the reactor.
class Portal {
public:
    Portal(net::Reactor& reactor, Host& host);
    ~Portal();
    Portal(const Portal&) = delete;
    Portal& operator=(const Portal&) = delete;

    // Serves the pages at address:80 and answers names at address:53. Its memory (about 11 KB, 13 with certificates) is taken here and given
    // back by close(): a device on line should not pay for it. no_memory, socket errors, `full`; nothing is open then.
    // Open already: nothing.
    Status open(const chip::IpAddress& address);
    // At once. Not from within Host's functions.
    void close();
    bool is_open() const { return open_ != nullptr; }
    // No reply is under way.
    bool idle() const;

    // Outlives open() and close(): a phone that comes back sees how its try went.
    Attempt& attempt() { return attempt_; }
    const Attempt& attempt() const { return attempt_; }

private:
    struct Open;

    net::Reactor& reactor_;
    Host& host_;
    Attempt attempt_;
    std::unique_ptr<Open> open_;
};

}  // namespace esb::portal
