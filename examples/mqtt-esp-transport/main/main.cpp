// The MQTT engine alone over esp_transport: connects to a broker, says how long the chip is up, prints what it hears.
#include "esb/mqtt/client.hpp"

#include <cstdio>

#include <esp_event.h>
#include <esp_netif.h>
#include <esp_random.h>
#include <esp_timer.h>
#include <esp_transport.h>
#include <esp_transport_tcp.h>
#include <nvs_flash.h>
#include <protocol_examples_common.h>

using namespace esb;

constexpr const char* broker = "192.168.1.2";
constexpr int port = 1883;

Instant now() { return Instant(Duration(esp_timer_get_time() / 1'000)); }

struct App final : mqtt::Handler {
    void on_connected(bool) override { static_cast<void>(client.subscribe("esb/hello", mqtt::Qos::at_least_once)); }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {}
    void on_message(const mqtt::MessagePiece& piece) override {
        std::printf("%.*s\n", static_cast<int>(piece.bytes.size()), reinterpret_cast<const char*>(piece.bytes.data()));
    }
    void on_published(mqtt::Token, Status) override {}
    void on_disconnected(const Error& why, Instant) override { std::printf("%s\n", why.name().data()); }

    std::uint8_t memory[8 * 1024];
    mqtt::Client client{*this, {}, memory};
};

extern "C" void app_main() {
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    static App app;
    mqtt::Client& client = app.client;
    mqtt::ConnectOptions options;
    options.client_id = "esb-hello";
    ESP_ERROR_CHECK(client.configure(options) ? ESP_OK : ESP_FAIL);
    client.start(now(), esp_random());
    const auto transport = esp_transport_tcp_init();
    const auto end = [&](const Error& why) { esp_transport_close(transport), client.transport_closed(now(), why); };
    for (Instant next = now();;) {
        client.tick(now());
        if (client.wants_transport(now())) {
            client.transport_opening();
            const bool up = esp_transport_connect(transport, broker, port, 5'000) >= 0;
            up ? client.transport_opened(now()) : client.transport_closed(now(), Error(errors::closed));
        }
        if (now() >= next && client.state() == mqtt::Client::State::connected) {
            char text[24];
            std::snprintf(text, sizeof text, "%lld s", static_cast<long long>(now().time_since_epoch() / 1s));
            static_cast<void>(client.publish({"esb/hello", as_bytes(text), mqtt::Qos::at_least_once}));
            next = now() + 10s;
        }
        for (auto out = client.output(); !out.empty(); out = client.output()) {
            const int sent = esp_transport_write(transport, reinterpret_cast<const char*>(out.data()),
                                                 static_cast<int>(out.size()), 1'000);
            if (sent <= 0) break;
            client.sent(static_cast<std::size_t>(sent), now());
        }
        if (client.wants_close()) end(client.close_reason());
        char bytes[512];
        const int got = client.state() < mqtt::Client::State::connecting ? 0 : esp_transport_read(transport, bytes, sizeof bytes, 100);
        if (got > 0) client.receive(as_bytes({bytes, static_cast<std::size_t>(got)}), now());
        if (got < 0) end(Error(errors::closed));
    }
}
