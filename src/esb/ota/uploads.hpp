// Where an image from a browser goes: the envelope of its update, LF, then the image exactly as long as the manifest says.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <cstdint>

namespace esb::ota {

class Uploads {
public:
    virtual ~Uploads() = default;
    // `size` is of all of it. One at a time, and only while no other update is under way (`busy`, ota_in_trial). What
    // is checked is the same as of an update by MQTT; nothing of it is kept for a restart in the middle. The first
    // error ends the upload, and progress() says why; the running firmware and the boot slot stay as they are.
    virtual Status begin_upload(std::uint32_t size) = 0;
    virtual Status upload_piece(ConstBytes piece) = 0;
    // All bytes have come: ota_size if some are missing. Success: the slot is verified next, then follows the restart.
    virtual Status end_upload() = 0;
    // They will not come any more. Nothing when no upload is under way.
    virtual void upload_lost() = 0;
};

}  // namespace esb::ota
