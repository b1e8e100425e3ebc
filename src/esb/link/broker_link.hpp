// The device's one connection to a broker: with which account, and when it may be tried.
#pragma once

#include "esb/link/account.hpp"
#include "esb/link/limits.hpp"
#include "esb/link/pump.hpp"
#include "esb/link/topic.hpp"

#include <memory>
#include <optional>

namespace esb::link {

class BrokerLink {
public:
    BrokerLink(net::Reactor& reactor, net::Names& names, chip::Entropy& entropy, mqtt::Handler& handler,
               const Limits& limits);

    // What certificates are taken from, for accounts that need some. Before the first use().
    void set_credentials(net::TlsCredentials* credentials) { credentials_ = credentials; }

    // The account to use from now on. A change ends the present connection; another identity also ends the session.
    Status use(const Account& account, Instant now);
    // The same between two connections, without disturbing the back-off.
    Status aim(const Account& account);
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
    const mqtt::Client& client() const { return client_; }
    const Account& account() const { return account_; }
    const Identity& base() const { return account_.base; }
    // The negotiated cipher suite; empty while there is no connection.
    std::string_view suite() const { return pump_.suite(); }
    // Why the last connection, or the last try, ended.
    void note_end(const Error& why) { last_end_ = why; }
    const std::optional<Error>& last_end() const { return last_end_; }
    bool connected() const { return client_.state() == mqtt::Client::State::connected; }

private:
    Status configure();
    Status configure_tls();
    void end(const Error& why, Instant now);

    chip::Entropy& entropy_;
    net::TlsCredentials* credentials_ = nullptr;
    std::unique_ptr<std::uint8_t[]> memory_;
    mqtt::Client client_;
    Pump pump_;
    Account account_;
    WholeTopic will_topic_;
    bool network_ = false;
    std::optional<Error> drop_;
    std::optional<Error> last_end_;
};

}  // namespace esb::link
