#include "host/vchip/swarm_firmware.hpp"

#include "esb/device/firmware.hpp"

namespace esb::vchip {
namespace {

class AuthorsFirmware final : public SwarmFirmware {
public:
    explicit AuthorsFirmware(chip::Chip& chip) : firmware_(chip, esb_app_desc()) {
        firmware_.start();
        if (!firmware_.device().safe_mode()) esb_main(firmware_.device());
    }

    bool turn() override { return firmware_.turn(std::chrono::hours(1)); }
    bool online() const override { return firmware_.device().online(); }

private:
    mutable Firmware firmware_;
};

}  // namespace

std::unique_ptr<SwarmFirmware> make_swarm_firmware(chip::Chip& chip) { return std::make_unique<AuthorsFirmware>(chip); }

}  // namespace esb::vchip
