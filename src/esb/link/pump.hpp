// Moves bytes between an MQTT engine and a stream, both ways. The device's link and the `esb` command share it.
#pragma once

#include "esb/mqtt/client.hpp"
#include "esb/net/tls_stream.hpp"

#include <array>
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
    void on_open() override;
    void on_readable() override { read(reactor_.now()); }
    void on_writable() override { write(reactor_.now()); }
    void on_closed(const Error& why) override { client_.transport_closed(reactor_.now(), why); }
    void read(Instant now);
    void gather(Instant now);
    void written(std::size_t count, Instant now);
    bool give(ConstBytes bytes, Instant now);
    void write(Instant now);
    void listen();

    static constexpr int reads_per_turn = 8;  // so that a busy broker does not starve the rest
    using Buffer = std::array<std::uint8_t, 1024>;

    mqtt::Client& client_;
    net::Reactor& reactor_;
    net::Stream& stream_;
    bool more_to_read_ = false;
    // Short packets that go in one write: a TLS record, a segment, and on a chip a buffer of its network stack for all of
    // them. They are gone for the engine.
    std::array<std::uint8_t, 512> gathered_;
    std::size_t gathered_size_ = 0;
    bool paused_ = false;
#if ESB_MQTT_DEFER
    Buffer buffer_;
    ConstBytes rest_;  // of it, which the engine did not take yet
#endif
};

// Over TLS.
class Pump final : public StreamPump {
public:
    // Not inline, so that programs that have RTTI do not look for that of StreamPump, which has none.
    Pump(mqtt::Client& client, net::Reactor& reactor, net::Names& names, chip::Entropy& entropy,
         const net::StreamLimits& limits);
    ~Pump();

    // Before the first step(), and between two connections. The errors of net::TlsStream::configure().
    Status configure(const net::TlsConfig& config) { return tls_.configure(config); }

    bool handshaking() const { return tls_.handshaking(); }
    // The negotiated cipher suite; empty while there is no connection.
    std::string_view suite() const { return tls_.suite(); }
    // Of net::TlsStream.
    void keep_session() { tls_.keep_session(); }
    bool session_unproven() const { return tls_.session_unproven(); }
    bool resumed() const { return tls_.resumed(); }

private:
    net::TlsStream tls_;
};

}  // namespace esb::link
