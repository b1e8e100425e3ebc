// The device's one connection to a broker: with which account, and when it may be tried.
#pragma once

#include "esb/link/account.hpp"
#include "esb/link/limits.hpp"
#include "esb/link/pump.hpp"
#include "esb/link/topic.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace esb::link {

class BrokerLink {
public:
    BrokerLink(net::Reactor& reactor, net::Names& names, chip::Entropy& entropy, mqtt::Handler& handler,
               const Limits& limits);

    // What certificates are taken from, for accounts that need some. Before the first use().
    void set_credentials(net::TlsCredentials* credentials) { credentials_ = credentials; }

#if ESB_MQTT_KEEP
    // Where messages are kept over restarts. Before the first use(), which brings those of the life before.
    void keep_in(mqtt::Storage& storage) { storage_ = &storage; }
    // What that was; once.
    std::optional<mqtt::Client::Restored> take_restored() { return std::exchange(restored_, std::nullopt); }
#endif

    // The account to use from now on. A change ends the present connection; another identity also ends the session,
    // another broker what is open of it (mqtt::Client::leave_broker()).
    Status use(const Account& account, Instant now);
    // The same between two connections, without disturbing the back-off.
    Status aim(const Account& account);
    // Whether there is a network. Without one the link is closed and waits.
    void set_network(bool up, Instant now);
    // Ends the connection at the next step() without DISCONNECT, so that the broker publishes the will; the engine
    // tries again. Callable from within the engine's callbacks.
    void drop(const Error& why) { drop_ = why; }

    // Ends the connection at once and tells nobody here of it: the device is about to be switched off. No DISCONNECT either.
    void hang_up() { pump_.close_transport(); }

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
    // From the first step of the last connection that came about (its name look-up) until TLS was there: milliseconds with
    // a key, on a chip about a second with a certificate.
    const std::optional<Duration>& opening_took() const { return opening_took_; }
    // It goes on with an earlier TLS session.
    bool resumed() const { return with_certificates && pump_.resumed(); }
    // Why the last connection, or the last try, ended.
    void note_end(const Error& why) { last_end_ = why; }
    const std::optional<Error>& last_end() const { return last_end_; }
    bool connected() const { return client_.state() == mqtt::Client::State::connected; }

private:
    Status configure();
    Status restore();
    Status configure_tls();
    void end(const Error& why, Instant now);
    void care_for_session(Instant now);
    void time_opening(Instant now);

    chip::Entropy& entropy_;
    net::TlsCredentials* credentials_ = nullptr;
#if ESB_MQTT_KEEP
    mqtt::Storage* storage_ = nullptr;  // until it has been looked through
    std::optional<mqtt::Client::Restored> restored_;
#endif
    std::unique_ptr<std::uint8_t[]> memory_;
    mqtt::Client client_;
    Pump pump_;
    Account account_;
    WholeTopic will_topic_;
    bool network_ = false;
    bool tried_without_session_ = false;  // since it was last connected
    std::optional<Instant> opening_since_;
    std::optional<Duration> opening_took_;
    std::optional<Error> drop_;
    std::optional<Error> last_end_;
};

}  // namespace esb::link
