// Announces the device to Home Assistant, and takes the announcement back (setting ha.discovery).
#pragma once

#include "esb/base/task.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/device/home_assistant_config.hpp"
#include "esb/link/publisher.hpp"

#include <atomic>
#include <optional>

namespace esb {

class HomeAssistant final : public Task {
public:
    HomeAssistant(chip::KeyValue& key_value, link::Publisher& publisher, const ota::ImageIdentity& image,
                  const std::atomic<bool>& online)
        : key_value_(key_value), publisher_(publisher), image_(image), online_(online) {}

    // What the setting says now. Announced once a start, since the broker retains it, and with again(); taken back when
    // it was announced at any time before.
    void use(bool on, const Identity& identity, const Identity& base);
    // To a broker where the device may have another name.
    void connected(const Identity& identity, const Identity& base);
    // The broker, or Home Assistant, may have lost it.
    void again();
    // Sends what is still to be sent.
    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return std::nullopt; }  // acknowledgements wake the reactor

    static constexpr std::string_view key = "ha";  // stored while something may be announced

private:
    enum class Work : std::uint8_t { none, announce, take_back };

    bool announced_before();
    Status send(HaEntity entity, const Function<void(Status)>& done);
    void begin(Work work);
    void sent(const Status& outcome);

    chip::KeyValue& key_value_;
    link::Publisher& publisher_;
    const ota::ImageIdentity& image_;
    const std::atomic<bool>& online_;
    std::optional<bool> on_;
    Work work_ = Work::none;
    std::size_t next_ = 0;       // entity
    bool under_way_ = false;     // one at a time
    std::uint32_t begun_ = 0;    // works begun: an answer to an earlier one's message is nobody's
    Identity identity_, base_;   // it was announced for
};

}  // namespace esb
