// Drives the MQTT engine over TLS: opens, pumps bytes both ways, closes.
#pragma once

#include "esb/base/identity.hpp"
#include "esb/device/limits.hpp"
#include "esb/mqtt/client.hpp"
#include "esb/net/tls_stream.hpp"

#include <memory>
#include <optional>

namespace esb::errors {
inline constexpr ErrorKind link_no_network{"link.no_network", "there is no network"};
inline constexpr ErrorKind link_account_changed{"link.account_changed", "the broker's account was changed"};
}  // namespace esb::errors

namespace esb {

struct BrokerAccount {
    FixedString<253> host;
    std::uint16_t port = 8883;
    Identity identity;
    net::Psk psk;
    Identity base;  // topic
    friend bool operator==(const BrokerAccount&, const BrokerAccount&) = default;
    bool complete() const { return !host.empty() && !identity.empty() && !psk.empty(); }
};

// Reactor's task only.
class BrokerLink : private net::StreamHandler {
public:
    BrokerLink(net::Reactor& reactor, net::Names& names, chip::Entropy& entropy, mqtt::Handler& handler,
               const Limits& limits);

    // The account to use from now on. A change ends the present connection; another identity also ends the session.
    Status use(const BrokerAccount& account, Instant now);
    // The same between two connections, without disturbing the back-off.
    Status aim(const BrokerAccount& account);
    // Whether there is a network. Without one the link is closed and waits.
    void set_network(bool up, Instant now);
    // Ends the connection at the next step() without DISCONNECT, so that the broker publishes the will; the engine
    // tries again. Callable from within the engine's callbacks.
    void drop(const Error& why) { drop_ = why; }

    // Tries at once instead of waiting for the end of the back-off.
    void retry_now(Instant now);

    // How far the present try has come.
    enum class Stage : std::uint8_t {
        resting,   // no account, no network, or a back-off
        reaching,  // name look-up and TCP
        tls,
        mqtt,  // CONNECT, or connected
    };
    Stage stage() const;

    // Moves bytes and does what is due. Call it last in a turn: what was published in the turn goes out.
    void step(Instant now);
    std::optional<Instant> deadline() const;

    mqtt::Client& client() { return client_; }
    const BrokerAccount& account() const { return account_; }
    const Identity& base() const { return account_.base; }
    // The negotiated cipher suite; empty while there is no connection.
    std::string_view suite() const { return tls_.suite(); }
    bool connected() const { return client_.state() == mqtt::Client::State::connected; }

private:
    void on_open() override;
    void on_readable() override;
    void on_writable() override;
    void on_closed(const Error& why) override;
    Status configure();
    void end(const Error& why, Instant now);
    void close(const Error& why, Instant now);
    void read(Instant now);
    void write(Instant now);
    std::uint32_t random();

    static constexpr int reads_per_turn = 8;  // so that a busy broker does not starve the rest

    net::Reactor& reactor_;
    chip::Entropy& entropy_;
    std::unique_ptr<std::uint8_t[]> memory_;
    mqtt::Client client_;
    net::TlsStream tls_;
    BrokerAccount account_;
    FixedString<48> will_topic_;
    bool network_ = false;
    bool more_to_read_ = false;
    std::optional<Error> drop_;
};

}  // namespace esb
