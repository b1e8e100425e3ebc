// Brings what a crash has left to whoever asks for it: piece by piece on <base>/crash, each once the one before is with the
// broker. Asked for on <base>/crash/do: `send`, `send OFFSET`, and
// `forget CRC`, eight hexadecimal digits of the CRC-32 of all but the last four bytes: a word that comes late must not cost what a
// later crash left. Those four are themselves a CRC-32 where ESP-IDF wrote them, and with them every dump would have the same.
#pragma once

#include "esb/base/task.hpp"
#include "esb/chip/core_dump.hpp"
#include "esb/device/notes.hpp"
#include "esb/device/voice.hpp"
#include "esb/link/message.hpp"
#include "esb/link/publisher.hpp"

#include <atomic>
#include <cstddef>
#include <optional>

namespace esb {

// A piece: le32 offset, le32 bytes of the whole, le32 CRC-32 of all that follows; then the bytes.
class CrashReport final : public Task {
public:
    static constexpr std::size_t piece_max = 1024;
    static constexpr std::size_t header_size = 12;
    // Bytes of a dump that `forget` is about.
    static constexpr std::size_t told_apart_by(std::size_t size) { return size < 4 ? 0 : size - 4; }

    struct Parts {
        chip::CoreDump* dump;  // null: this chip keeps none
        link::Publisher& publisher;
        Notes& notes;
        Voice& voice;
        const std::atomic<bool>& online;
    };
    explicit CrashReport(const Parts& parts) : parts_(parts) {}

    // At the start: notes a crash that left something.
    void begin();
    // Bytes that wait for somebody; 0: nothing.
    std::size_t size() const { return parts_.dump == nullptr ? 0 : parts_.dump->size(); }
    // A message of <base>/crash/do. Another word than those, a retained message: said on the console, nothing else.
    void take(const link::Message& message);

    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return std::nullopt; }  // an acknowledgement wakes the reactor

private:
    Status obey(const link::Message& message);
    Status forget(std::string_view digits);
    Status send_piece(std::size_t offset);

    Parts parts_;
    std::optional<std::size_t> next_;  // offset of the piece that is due
    bool under_way_ = false;           // the last one is not acknowledged
};

}  // namespace esb
