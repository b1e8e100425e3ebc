#include "host/vchip/file_radio.hpp"

#include <utility>

namespace esb::vchip {

FileRadio::FileRadio(const chip::Clock& clock, chip::Wake& wake, StationLink& link, const chip::AddressConfig& lease,
                     std::filesystem::path file, BoardFile::Complaint complaint, ClockJump jump)
    : VirtualRadio(clock, wake, link, lease),
      button_(wake),
      file_(
          std::move(file),
          [this, jump = std::move(jump)](const Board& board) {
              if (jump) jump(board.ahead);
              set_air(board.air);
              button_.set(board.button);
          },
          std::move(complaint)) {
    file_.poll();
}

void FileRadio::poll() {
    file_.poll();
    VirtualRadio::poll();
}

}  // namespace esb::vchip
