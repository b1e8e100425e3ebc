// Moves bytes between an MQTT engine and a stream, both ways. The device's link and the `esb` command share it.
#pragma once

#include "esb/mqtt/client.hpp"
#include "esb/net/tls_stream.hpp"

#include <optional>
#include <string_view>

namespace esb::link {

class StreamPump : private net::StreamHandler {
public:
    // `stream` is not used before the first step().
    StreamPump(mqtt::Client& client, net::Reactor& reactor, net::Stream& stream)
        : client_(client), reactor_(reactor), stream_(stream) {}

    // Does what the engine wants: opens a connection to host:port, moves bytes, ends what it has given up.
    void step(std::string_view host, std::uint16_t port, Instant now);
    // Bytes that are here already wait for the next step().
    std::optional<Instant> deadline() const { return more_to_read_ ? std::optional(Instant{}) : std::nullopt; }

    // Ends the connection, without DISCONNECT; the engine hears why.
    void close(const Error& why, Instant now);
    // The transport alone: the engine is told by the caller.
    void close_transport() { stream_.close(); }

private:
    void on_open() override { client_.transport_opened(reactor_.now()); }
    void on_readable() override { read(reactor_.now()); }
    void on_writable() override { write(reactor_.now()); }
    void on_closed(const Error& why) override { client_.transport_closed(reactor_.now(), why); }
    void read(Instant now);
    void write(Instant now);

    static constexpr int reads_per_turn = 8;  // so that a busy broker does not starve the rest

    mqtt::Client& client_;
    net::Reactor& reactor_;
    net::Stream& stream_;
    bool more_to_read_ = false;
};

// Over TLS.
class Pump final : public StreamPump {
public:
    Pump(mqtt::Client& client, net::Reactor& reactor, net::Names& names, chip::Entropy& entropy,
         const net::StreamLimits& limits)
        : StreamPump(client, reactor, tls_), tls_(reactor, names, entropy, limits) {}

    // Before the first step(), and between two connections. The errors of net::TlsStream::configure().
    Status configure(const net::TlsConfig& config) { return tls_.configure(config); }

    bool handshaking() const { return tls_.handshaking(); }
    // The negotiated cipher suite; empty while there is no connection.
    std::string_view suite() const { return tls_.suite(); }

private:
    net::TlsStream tls_;
};

}  // namespace esb::link
