// Asks an authority for a new certificate over the network: EST's simplereenroll (RFC 7030 §4.2.2), where the present
// certificate says who asks.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/net/http_get.hpp"
#include "esb/settings/shelf.hpp"

#include <array>
#include <memory>
#include <string_view>

namespace esb {

// Called from the reactor's task, not from within ask().
class EnrollListener {
public:
    virtual ~EnrollListener() = default;
    // The certificates of the answer, DER one behind another; gone after the call.
    virtual void on_enrolled(Result<ConstBytes> certificates) = 0;
};

// Takes 12 KB while it asks.
class EstClient final : private net::HttpHandler {
public:
    EstClient(net::Reactor& reactor, net::Names& names, chip::Entropy& entropy, net::TlsCredentials& credentials)
        : entropy_(entropy), credentials_(credentials), http_(reactor, names) {}

    // `server`: "https://host:port", what comes before /.well-known. busy, no_memory, url_*, the errors of HttpGet.
    Status ask(std::string_view server, ConstBytes request, EnrollListener& listener);
    bool active() const { return work_ != nullptr; }
    // Not from within on_enrolled().
    void cancel();

private:
    struct Work {
        FixedString<768> body;    // of the request: base64
        std::array<char, 4096> text;  // of the answer
        std::size_t size = 0;
        std::array<std::uint8_t, 3072> message;
        std::array<std::uint8_t, settings::Shelf::longest> certificates;
    };

    Status on_head(const net::HttpHead&) override { return {}; }
    Status on_body(ConstBytes piece) override;
    void on_done(Status outcome) override;
    Result<ConstBytes> read();

    chip::Entropy& entropy_;
    net::TlsCredentials& credentials_;
    net::HttpGet http_;
    EnrollListener* listener_ = nullptr;
    std::unique_ptr<Work> work_;
};

}  // namespace esb
