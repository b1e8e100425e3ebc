// Judges an envelope as a device does, by the device's own code: whom it trusts, what it runs, its floor.
#pragma once

#include "esb/ota/offer.hpp"
#include "host/cli/image_file.hpp"
#include "host/cli/outcome.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// What is known of the device; where nothing is, whatever fits the envelope.
struct DeviceFacts {
    std::string identity;              // empty: any that the envelope names
    std::optional<ImageFile> runs;     // the image
    std::optional<std::uint32_t> seq;  // of what it runs, if the image is not there
    std::uint32_t floor = 0;
    std::size_t slot = SIZE_MAX;  // bytes
    UnixTime now{};
};

class EnvelopeJudge {
public:
    EnvelopeJudge();

    // A key that is compiled into the firmware, "x.y". key_malformed, bad_key, full.
    Outcome<void> trust(const std::string& key);
    // A signed key set that the device has taken since, the text of its envelope.
    Outcome<void> adopt(std::string_view envelope);

    // The payload lies in this object until the next call.
    Result<ota::Envelope> open(std::string_view envelope);
    // An update whose envelope was opened; `offer` holds what it says.
    Status judge(const ota::Envelope& envelope, const DeviceFacts& device, ota::Offer& offer);
    // A key set that the device is offered.
    Status judge_keys(const ota::Envelope& envelope) { return trust_.adopt(envelope.payload); }

private:
    // What a device would write, for as long as this takes.
    class Memory final : public chip::KeyValue {
    public:
        Result<chip::Mount> mount() override { return chip::Mount::existing; }
        Result<ConstBytes> get(std::string_view key, MutBytes out) override;
        Status put(std::string_view key, ConstBytes value) override;
        Status remove(std::string_view key) override;

    private:
        std::map<std::string, std::vector<std::uint8_t>, std::less<>> values_;
    };

    Memory memory_;
    ota::Records records_{memory_};
    ota::ImageIdentity running_;
    ota::Trust trust_{records_, running_};
    std::vector<std::uint8_t> buffer_;
};

}  // namespace esb::cli
