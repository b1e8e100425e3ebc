#include "host/vchip/file_radio.hpp"

#include <utility>

namespace esb::vchip {

FileRadio::FileRadio(const chip::Clock& clock, chip::Wake& wake, StationLink& link, const chip::AddressConfig& lease,
                     std::filesystem::path file, BoardFile::Complaint complaint, ClockJump jump, bool wired)
    : VirtualRadio(clock, wake, link, lease),
      button_(wake),
      wire_(clock, wake, link, lease),
      has_socket_(wired),
      file_(
          std::move(file),
          [this, jump = std::move(jump)](const Board& board) {
              if (jump) jump(board.ahead);
              set_air(board.air);
              button_.set(board.button);
              if (board.cable) wire_.set_cable(*board.cable);
              has_socket_ = has_socket_ || board.cable;
          },
          std::move(complaint)) {
    wire_.set_cable(wired);
    file_.poll();
}

void FileRadio::poll() {
    file_.poll();
    VirtualRadio::poll();
    wire_.poll();
}

}  // namespace esb::vchip
