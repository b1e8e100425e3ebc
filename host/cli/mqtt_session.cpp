#include "host/cli/mqtt_session.hpp"

#include "esb/base/encoding.hpp"
#include "esb/link/account.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <random>

#include <unistd.h>

namespace esb::cli {
namespace {

constexpr std::size_t outbox = 64 * 1024;  // bytes
constexpr Duration stream_patience = std::chrono::seconds(8);

mqtt::Limits limits() {
    mqtt::Limits limits;
    limits.max_topic = 1024;
    return limits;
}

}  // namespace

Outcome<BrokerAddress> parse_broker(const std::string& text) {
    BrokerAddress broker;
    const auto colon = text.rfind(':');
    if (colon != std::string::npos) {
        const auto port = parse_unsigned(std::string_view(text).substr(colon + 1), 1, 65535);
        if (!port) return failure("'" + text + "' is not HOST:PORT");
        broker.port = static_cast<std::uint16_t>(*port);
    }
    const auto host = text.substr(0, colon);
    if (text.empty() || host.find_first_of(" /:@") != std::string::npos)
        return failure("'" + text + "' is not HOST:PORT");
    if (!host.empty()) broker.host = host;
    return broker;
}

MqttSession::MqttSession()
    : sockets_(clock_),
      resolver_(clock_, sockets_, nullptr),
      reactor_(sockets_, clock_),
      names_(reactor_, resolver_),
      memory_(mqtt::Client::minimum_memory(limits()) + outbox),
      client_(*this, limits(), memory_),
      pump_(client_, reactor_, names_, entropy_, {stream_patience, stream_patience}) {
    sockets_.add_source(resolver_);
}

MqttSession::~MqttSession() { disconnect(); }

Outcome<void> MqttSession::connect(const BrokerAccess& broker, Duration patience) {
    broker_ = broker;
    if (const auto done = configure_tls(); !done) {
        const auto what =
            broker.source.empty() ? std::string("the credentials") : "the credentials in " + broker.source;
        return failure(what + " cannot be used", done.error());
    }
    std::random_device random;
    client_id_ = "esb-" + std::to_string(::getpid()) + '-' + std::to_string(random() % 1000000);
    mqtt::ConnectOptions options;
    options.client_id = client_id_;
    options.clean_session = true;
    options.user_name = broker_.user;
    options.password = broker_.password.reveal();
    options.keep_alive_s = 30;
    if (const auto done = client_.configure(options); !done) return failure("cannot connect", done.error());
    last_error_.reset();
    client_.start(clock_.now(), random());
    run_until([this] { return connected_ || last_error_.has_value(); }, patience);
    if (connected_) return {};
    return std::unexpected(why_refused());
}

Status MqttSession::configure_tls() {
    if (broker_.trust == net::TlsTrust::psk) return pump_.configure({broker_.identity, broker_.key.reveal()});
    net::TlsConfig config;
    config.trust = broker_.trust;
    config.pins = broker_.pins;
    config.credentials = this;
    config.alpn = link::protocol_names(broker_.address.port, !broker_.own_certificates.empty());
    return pump_.configure(config);
}

net::CertificateTime MqttSession::time() const { return {std::chrono::seconds(std::time(nullptr)), true}; }

Failure MqttSession::why_refused() const {
    const auto why = last_error_.value_or(Error(errors::timed_out));
    auto line =
        "no connection to the broker " + broker_.address.host + ':' + std::to_string(broker_.address.port) + ": ";
    if (why == errors::tls_bad_psk) {
        return {line + "it does not know " + broker_.identity + " or has another key for it than " + broker_.source};
    }
    const bool no_tls = why == errors::tls_truncated || why == errors::tls_protocol || why == errors::tls_not_tls ||
                        why == errors::tls_handshake_timeout;
    line += why.text();
    if (broker_.trust != net::TlsTrust::psk) return {line + " (" + std::string(why.name()) + ')'};
    if (no_tls) line += "; is that the tools' port of a broker made by `esb broker init`? Nothing is sent without TLS";
    return {line};
}

Outcome<void> MqttSession::subscribe(const std::string& filter, Duration patience) {
    filters_.push_back(filter);
    const auto token = client_.subscribe(filter, mqtt::Qos::at_least_once);
    if (!token) return failure("cannot subscribe to " + filter, token.error());
    run_until([&] { return completed_.contains(*token); }, patience);
    const auto found = completed_.extract(*token);
    if (found.empty()) return failure("the broker does not answer the subscription to " + filter);
    if (found.mapped()) return failure("cannot subscribe to " + filter, *found.mapped());
    return {};
}

Outcome<void> MqttSession::publish(const std::string& topic, const std::string& payload, bool retain,
                                   Duration patience) {
    const auto token = client_.publish({topic, as_bytes(payload), mqtt::Qos::at_least_once, retain});
    if (!token) return failure("cannot publish on " + topic, token.error());
    run_until([&] { return completed_.contains(*token); }, patience);
    const auto found = completed_.extract(*token);
    if (found.empty()) return failure("the broker does not acknowledge the message on " + topic);
    if (found.mapped()) return failure("cannot publish on " + topic, *found.mapped());
    return {};
}

bool MqttSession::run_until(const std::function<bool()>& done, Duration longest) {
    const auto until = clock_.now() + longest;
    while (!done()) {
        pump_.step(broker_.address.host, broker_.address.port, clock_.now());
        if (done()) return true;
        const auto now = clock_.now();
        if (now >= until) return false;
        const auto next = earliest(pump_.deadline(), client_.next_deadline());
        const auto due = std::min(until, next.value_or(until));
        reactor_.turn(std::max(due - now, Duration::zero()));
    }
    return true;
}

void MqttSession::disconnect() {
    client_.stop(clock_.now());
    run_until([this] { return client_.state() == mqtt::Client::State::stopped; }, std::chrono::seconds(1));
    pump_.close_transport();
    connected_ = false;
}

void MqttSession::on_connected(bool) {
    connected_ = true;
    for (const auto& filter : filters_) static_cast<void>(client_.subscribe(filter, mqtt::Qos::at_least_once));
}

void MqttSession::on_disconnected(const Error& why, Instant) {
    connected_ = false;
    last_error_ = why;
}

void MqttSession::on_message(const mqtt::MessagePiece& piece) {
    if (piece.offset == 0) arriving_ = {std::string(piece.topic), {}, piece.retain};
    arriving_.payload += as_text(piece.bytes);
    if (piece.is_last() && handler_) handler_(arriving_);
}

void MqttSession::on_published(mqtt::Token token, Status outcome) {
    completed_[token] = outcome ? std::nullopt : std::optional(outcome.error());
}

void MqttSession::on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) {
    completed_[token] = outcome ? std::nullopt : std::optional(outcome.error());
}

}  // namespace esb::cli
