// Whether this firmware may run its author's code (safe mode), and how its memory does.
#pragma once

#include "esb/base/task.hpp"
#include "esb/chip/chip.hpp"
#include "esb/device/app.hpp"
#include "esb/device/voice.hpp"
#include "esb/record/crash_guard.hpp"
#include "esb/record/recorder.hpp"

#include <cstddef>

namespace esb {

class Health final : public Task {
public:
    Health(chip::Chip& chip, const ota::ImageIdentity& image, record::Recorder& recorder, Voice& voice)
        : chip_(chip),
          image_(image),
          recorder_(recorder),
          voice_(voice),
          guard_(chip.retained_ram, chip.key_value) {}

    // At boot, once the recorder has begun: how the run before ended, and that this one begins.
    void note_start();
    // At boot, when the update engine knows whether the image is on trial: safe mode or not.
    void begin(bool on_trial);

    bool safe_mode() const { return guard_.safe(); }
    // not_found when it is not in safe mode; the store's errors.
    Status leave_safe_mode();

    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return std::nullopt; }  // what it watches may wait for a turn

private:
    void watch_heap(Instant now);

    chip::Chip& chip_;
    const ota::ImageIdentity& image_;
    record::Recorder& recorder_;
    Voice& voice_;
    record::CrashGuard guard_;
    std::size_t heap_noted_ = 0;  // bytes, the lowest noted
    Instant next_heap_{};
};

}  // namespace esb
