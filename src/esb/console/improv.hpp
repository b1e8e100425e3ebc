// Improv Serial (improv-wifi.com/serial): Wi-Fi credentials from a browser, in binary frames between the lines of the
// serial port. Sans-I/O: bytes and times in, frames out.
//
// Frame: "IMPROV", version 1, type, length n, n bytes of data, checksum (low 8 bits of the sum of all before), LF.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/radio.hpp"
#include "esb/console/errors.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::console {

enum class ImprovState : std::uint8_t { ready = 2, provisioning = 3, provisioned = 4 };

// The byte of an error frame: improv.* errors have their own, wifi_failed means that joining failed.
enum class ImprovError : std::uint8_t {
    none = 0,
    invalid = 1,
    unknown_command = 2,
    unable_to_connect = 3,
    bad_host_name = 5,
    unknown = 0xFF,
};

// Together at most 249 bytes. Views that hold during the call.
struct ImprovInfo {
    std::string_view firmware;  // "ESP32 Secure Base: greenhouse"
    std::string_view version;
    std::string_view chip;  // "ESP32-C3"
    std::string_view name;  // of the device
};

// What the device does for the engine. Called from within Improv::take() only; may call the engine back at once.
class ImprovDevice {
public:
    virtual ~ImprovDevice() = default;

    // Sends these bytes to the serial port, whole and between two lines; they begin and end with LF. A frame that does
    // not fit is lost, and the browser asks again.
    virtual void improv_send(ConstBytes frame) = 0;
    // Starts to join a network (1 to 32 bytes; the passphrase has up to 64, none for an open network); a try that is
    // under way is given up for it. Improv::joined() or join_failed() follows. An error ends the try at once.
    virtual Status improv_join(std::string_view ssid, ConstBytes passphrase) = 0;
    // Whether the device is on line now, whoever did it.
    virtual bool improv_online() const = 0;
    // Where the device can be reached once it is on line; empty when it has no page. At most 249 bytes.
    virtual std::string_view improv_url() const = 0;
    virtual ImprovInfo improv_info() const = 0;
    // Starts a scan, or joins in one that runs; Improv::scanned() follows.
    virtual Status improv_scan() = 0;
};

// Every byte of the serial port passes through take(), in front of the console.
class Improv {
public:
    // The browser gives up after 30 s.
    static constexpr Duration join_limit = std::chrono::seconds(25);
    // A frame that stands still so long was none.
    static constexpr Duration frame_limit = std::chrono::seconds(1);
    static constexpr std::size_t data_max = 255;

    explicit Improv(ImprovDevice& device) : device_(device) {}
    ~Improv();
    Improv(const Improv&) = delete;
    Improv& operator=(const Improv&) = delete;

    // What of the bytes so far is the console's, after the byte was taken: nothing while it may be part of a frame. At
    // most 8 bytes, valid until the next call. A typed "IMP" is therefore held until the next character shows that it
    // is no frame. Runs the command when the frame is whole.
    ConstBytes take(std::uint8_t byte, Instant now);

    // The device has got an address.
    void joined();
    void join_failed();
    // The networks found, strongest first; each name is told once, those without a name are left out.
    void scanned(std::span<const chip::ScanEntry> networks);

    // Gives up a try after join_limit.
    void step(Instant now);
    std::optional<Instant> deadline() const { return join_until_; }
    ImprovState state() const;

private:
    enum class Place : std::uint8_t { header, type, length, data, checksum, line_end };

    ConstBytes take_header(std::uint8_t byte);
    void take_frame(std::uint8_t byte, Instant now);
    void reset();
    void frame_done(std::uint8_t checksum, Instant now);
    Status run(ConstBytes data, Instant now);
    Status join(ConstBytes payload, Instant now);
    Status tell_info();
    void tell_url(std::uint8_t command);
    void tell_state();
    void tell_error(ImprovError error);
    void tell_result(std::uint8_t command, std::span<const std::string_view> texts);
    void send(std::uint8_t type, ConstBytes data);
    bool named_before(std::span<const chip::ScanEntry> networks, std::size_t index) const;

    ImprovDevice& device_;
    Place place_ = Place::header;
    std::size_t matched_ = 0;  // bytes of the header
    std::uint8_t type_ = 0;
    std::uint8_t sum_ = 0;
    std::size_t length_ = 0;
    std::size_t got_ = 0;
    Instant last_byte_{};
    bool scanning_ = false;
    std::optional<Instant> join_until_;
    std::array<std::uint8_t, 8> released_{};  // to the console
    std::array<std::uint8_t, data_max> data_{};
};

}  // namespace esb::console
