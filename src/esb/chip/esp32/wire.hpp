// Ethernet by ESP-IDF's drivers.
#pragma once

#include "esb/chip/esp32/mutex.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/chip/wire.hpp"

#include <cstdint>

#include <esp_eth_driver.h>
#include <esp_event.h>
#include <esp_netif.h>

namespace esb::chip::esp32 {

// At most one object; Sockets::start() comes before start(). It keeps what is and what was told of it, no queue of events: what
// happens faster than anybody listens is told as its outcome.
class Wire final : public chip::Wire {
public:
    explicit Wire(Wake& wake) : wake_(wake) {}
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    Status start(std::string_view host_name) override;
    std::optional<WireEvent> next_event() override;

private:
    struct Now {
        bool carrier = false;
        AddressConfig ip;  // none set: no address
    };

    Status make_netif(std::string_view host_name);
    // In the task of ESP-IDF's event loop.
    static void on_event(void* self, esp_event_base_t base, std::int32_t id, void* data);
    void on_carrier(bool carrier);
    void on_address(const AddressConfig& ip);

    Wake& wake_;
    esp_netif_t* netif_ = nullptr;
    esp_eth_handle_t driver_ = nullptr;
    bool listening_ = false;

    Mutex mutex_;  // for what follows
    Now now_;
    Now told_;
    bool was_out_ = false;  // since it was told last
};

}  // namespace esb::chip::esp32
