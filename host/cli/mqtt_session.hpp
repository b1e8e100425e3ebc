// The tool's own connection to a broker: the library's engine over the library's TLS on the host's sockets. There is
// no plain connection: credentials travel nowhere else.
#pragma once

#include "esb/link/pump.hpp"
#include "esb/mqtt/client.hpp"
#include "esb/net/names.hpp"
#include "esb/net/reactor.hpp"
#include "host/cli/outcome.hpp"
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "host/vchip/resolver_posix.hpp"
#include "host/vchip/sockets_posix.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace esb::cli {

struct BrokerAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 1884;
};
// "HOST", "HOST:PORT" or ":PORT".
Outcome<BrokerAddress> parse_broker(const std::string& text);

// Where, how it is known, and who comes (tool_account.hpp, broker_words.hpp).
struct BrokerAccess {
    BrokerAddress address;
    std::string identity;  // with a pre-shared key
    net::Psk key;
    std::string source;  // the file it comes from, for messages

    net::TlsTrust trust = net::TlsTrust::psk;
    std::string authorities = {};  // DER
    std::vector<net::SpkiPin> pins = {};
    std::string own_certificates = {};  // DER
    net::ClientKey own_key = {};
    std::string user = {};
    Secret<128> password = {};
};

struct Message {
    std::string topic;
    std::string payload;
    bool retained = false;
};

// Every call runs the connection until it has its answer or its time is over; messages that arrive meanwhile go to the
// handler. A connection that breaks is opened again and its subscriptions renewed. One thread.
class MqttSession : private mqtt::Handler, private net::TlsCredentials {
public:
    using OnMessage = std::function<void(const Message&)>;

    MqttSession();
    ~MqttSession() override;

    // Fails at once when the first attempt fails.
    Outcome<void> connect(const BrokerAccess& broker, Duration patience = std::chrono::seconds(10));
    void on_message(OnMessage handler) { handler_ = std::move(handler); }
    Outcome<void> subscribe(const std::string& filter, Duration patience = std::chrono::seconds(10));
    // QoS 1: ends when the broker has acknowledged.
    Outcome<void> publish(const std::string& topic, const std::string& payload, bool retain = false,
                          Duration patience = std::chrono::seconds(10));
    // Runs until `done()` or until `longest` is over; true for the former.
    bool run_until(const std::function<bool()>& done, Duration longest);
    // Says DISCONNECT and closes. The destructor does it too.
    void disconnect();

private:
    void on_connected(bool session_present) override;
    void on_disconnected(const Error& why, Instant retry_at) override;
    void on_message(const mqtt::MessagePiece& piece) override;
    void on_published(mqtt::Token token, Status outcome) override;
    void on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) override;

    Result<ConstBytes> authorities(MutBytes) override { return as_bytes(broker_.authorities); }
    Result<ConstBytes> own_certificates(MutBytes) override { return as_bytes(broker_.own_certificates); }
    Result<net::ClientKey> own_key() override { return broker_.own_key; }
    net::CertificateTime time() const override;

    Status configure_tls();
    Failure why_refused() const;

    vchip::SystemClock clock_;
    vchip::PosixSockets sockets_;
    vchip::ThreadResolver resolver_;
    vchip::HostEntropy entropy_;
    net::Reactor reactor_;
    net::Names names_;
    std::vector<std::uint8_t> memory_;
    mqtt::Client client_;
    link::Pump pump_;

    BrokerAccess broker_;
    std::string client_id_;
    OnMessage handler_;
    Message arriving_;
    std::vector<std::string> filters_;  // to be renewed with every connection
    std::map<mqtt::Token, std::optional<Error>> completed_;
    std::optional<Error> last_error_;
    bool connected_ = false;
};

}  // namespace esb::cli
