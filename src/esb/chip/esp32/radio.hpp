// Wi-Fi by ESP-IDF's driver.
#pragma once

#include "esb/base/features.hpp"
#if ESB_WIFI_ENTERPRISE
#include "esb/chip/esp32/enterprise.hpp"
#endif
#include "esb/chip/esp32/mutex.hpp"
#include "esb/chip/esp32/radio_events.hpp"
#include "esb/chip/esp32/radio_setup.hpp"
#include "esb/chip/esp32/scan_list.hpp"
#include "esb/chip/radio.hpp"
#include "esb/chip/sockets.hpp"

#include <atomic>
#include <cstdint>

#include <esp_event.h>
#include <esp_netif.h>

namespace esb::chip::esp32 {

// The driver's memory is taken by start() and kept. Nothing of the configuration goes into the driver's own store in
// NVS: a passphrase there would outlive a factory reset. A network is joined without encryption only when no
// passphrase is given, and with one never below WPA2. At most one object; Sockets::start() comes before start().
class Radio final : public chip::Radio {
public:
    explicit Radio(Wake& wake);
    Radio(const Radio&) = delete;
    Radio& operator=(const Radio&) = delete;

    // True when the radio runs, which feeds the random number generator with noise. Any task.
    bool on() const { return on_.load(); }

    Status start(std::string_view country, std::string_view host_name) override;
    Status join(const StationConfig& network) override;
    Status leave() override;
    std::optional<Link> link() const override;
    Status set_power_save(PowerSave mode) override;
#if ESB_WIFI_ENTERPRISE
    void set_trust(EnterpriseTrust& trust) override { enterprise_.set_trust(trust); }
#endif
    Status start_scan() override;
    std::size_t scan_results(std::span<ScanEntry> out) const override;
    Status start_access_point(const AccessPointConfig& config) override;
    Status stop_access_point() override;
    std::size_t access_point_clients(std::span<Mac> out) const override;
    std::optional<RadioEvent> next_event() override;

private:
    enum class Station : std::uint8_t { idle, joining, joined };

    // In the task of ESP-IDF's event loop.
    static void on_event(void* self, esp_event_base_t base, std::int32_t id, void* data);
    void on_wifi(std::int32_t id, const void* data);
    void on_address(const ip_event_got_ip_t& got);
    void on_lost_address();
    void on_joined();
    void on_left(std::uint8_t reason);
    void report(const RadioEvent& event);

    Wake& wake_;
    std::atomic<bool> on_{false};
    std::atomic<bool> scanning_{false};
    std::atomic<bool> access_point_wanted_{false};
    std::atomic<bool> access_point_told_{false};  // access_point_started was the last we told of it
    bool started_ = false;
    Netifs netifs_;
#if ESB_WIFI_ENTERPRISE
    EnterpriseClient enterprise_;
#endif
    ScanList networks_;  // of the latest scan; reactor's task only

    mutable Mutex mutex_;  // for what follows
    RadioEvents events_;
    Station station_ = Station::idle;
    bool lost_address_ = false;  // why we leave
};

}  // namespace esb::chip::esp32
