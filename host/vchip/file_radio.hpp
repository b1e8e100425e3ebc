// Radio, button and cable of a real process: all follow the board file.
#pragma once

#include "esb/chip/button.hpp"
#include "host/vchip/board_file.hpp"
#include "host/vchip/virtual_radio.hpp"
#include "host/vchip/virtual_wire.hpp"

#include <chrono>
#include <filesystem>
#include <functional>

namespace esb::vchip {

// The board file's "button"; a change wakes the reactor.
class FileButton final : public chip::Button {
public:
    explicit FileButton(chip::Wake& wake) : wake_(wake) {}
    bool pressed() const override { return pressed_; }
    void set(bool pressed) {
        if (pressed != pressed_) wake_.wake();
        pressed_ = pressed;
    }

private:
    chip::Wake& wake_;
    bool pressed_ = false;
};

// A radio whose air is the board file's, now: every poll() looks at the file first.
class FileRadio final : public VirtualRadio {
public:
    using ClockJump = std::function<void(std::chrono::seconds ahead)>;

    FileRadio(const chip::Clock& clock, chip::Wake& wake, StationLink& link, const chip::AddressConfig& lease,
              std::filesystem::path file, BoardFile::Complaint complaint = {}, ClockJump jump = {}, bool wired = false);

    const chip::Button& button() const { return button_; }
    chip::Button& button() { return button_; }
    // Null when the board has no socket: it was not made `wired`, and the file said nothing of a cable at first.
    VirtualWire* wire() { return has_socket_ ? &wire_ : nullptr; }

    int fd() const override { return file_.fd(); }
    std::optional<Instant> due() const override { return earliest(VirtualRadio::due(), wire_.due()); }
    void poll() override;

private:
    FileButton button_;
    VirtualWire wire_;
    bool has_socket_;
    BoardFile file_;
};

}  // namespace esb::vchip
