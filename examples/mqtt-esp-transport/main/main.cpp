// The MQTT engine alone over esp_transport: connects to a broker, says hello, prints what it hears.
#include "esb/mqtt/client.hpp"

#include <esp_event.h>
#include <esp_netif.h>
#include <esp_random.h>
#include <esp_timer.h>
#include <esp_transport_tcp.h>
#include <nvs_flash.h>
#include <protocol_examples_common.h>
#include <unistd.h>
#include <cstdio>

using namespace esb;

Instant now() { return Instant(Duration(esp_timer_get_time() / 1'000)); }

struct App final : mqtt::Handler {
    void on_connected(bool) override { static_cast<void>(client.subscribe("esb/hello", mqtt::Qos::at_least_once)); }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {
        static_cast<void>(client.publish({"esb/hello", as_bytes("hello"), mqtt::Qos::at_least_once}));
    }
    void on_message(const mqtt::MessagePiece& piece) override {
        std::printf("%.*s\n", static_cast<int>(piece.bytes.size()), as_text(piece.bytes).data());
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
    const auto broker = esp_transport_tcp_init();
    for (;;) {
        client.tick(now());
        if (client.wants_transport(now())) {
            client.transport_opening();
            const bool up = esp_transport_connect(broker, "192.168.1.2", 1883, 5'000) >= 0;
            up ? client.transport_opened(now()) : client.transport_closed(now(), Error(errors::closed));
        }
        int moved = 1;  // 0: nothing yet; less: the connection is gone
        for (auto out = client.output(); moved > 0 && !out.empty(); out = client.output()) {
            moved = esp_transport_write(broker, as_text(out).data(), static_cast<int>(out.size()), 1'000);
            if (moved > 0) client.sent(static_cast<std::size_t>(moved), now());
        }
        char bytes[512];
        const bool open = client.state() >= mqtt::Client::State::connecting;
        if (moved >= 0) moved = open ? esp_transport_read(broker, bytes, sizeof bytes, 100) : usleep(100'000);
        if (moved > 0) client.receive(as_bytes({bytes, static_cast<std::size_t>(moved)}), now());
        if (moved >= 0 && !client.wants_close()) continue;
        esp_transport_close(broker);
        client.transport_closed(now(), client.wants_close() ? client.close_reason() : Error(errors::closed));
    }
}
