#include "host/cli/update_screen.hpp"

#include <algorithm>
#include <ostream>

namespace esb::cli {
namespace {

constexpr Duration rate_window = std::chrono::seconds(10);
constexpr Duration rate_least = std::chrono::seconds(1);
constexpr std::size_t bar_width_of_several = 20;

// Whole characters of UTF-8.
std::string cut(const std::string& text, std::size_t width) {
    if (text.size() <= width) return text;
    auto end = width;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
}

std::string padded(const std::string& text, std::size_t width) {
    return text + std::string(width - std::min(width, text.size()), ' ');
}

}  // namespace

void DownloadRate::note(std::uint32_t done, Instant now) {
    if (!samples_.empty() && done < samples_.back().done) samples_.clear();  // it has begun anew
    samples_.push_back({done, now});
    while (samples_.size() > 2 && now - samples_[1].at >= rate_window) samples_.pop_front();
}

std::optional<std::uint32_t> DownloadRate::rate() const {
    if (samples_.size() < 2) return std::nullopt;
    const auto time = samples_.back().at - samples_.front().at;
    if (time < rate_least) return std::nullopt;
    const auto bytes = std::uint64_t{samples_.back().done} - samples_.front().done;
    return static_cast<std::uint32_t>(bytes * 1000 / static_cast<std::uint64_t>(time.count()));
}

UpdateScreen::UpdateScreen(Printer& out, bool in_place, std::size_t width, std::vector<std::string> devices)
    : out_(out), in_place_(in_place), width_(std::max<std::size_t>(width, 20)) {
    for (auto& name : devices) devices_.push_back({.name = std::move(name), .rate = {}, .state = {}, .line = {}});
}

void UpdateScreen::show(std::size_t index, const UpdateReport& report, Instant now) {
    auto& device = devices_[index];
    const bool downloading = report.state == "downloading" && report.size > 0 && report.error.empty();
    if (downloading) device.rate.note(report.done, now);
    if (!in_place_) return show_line(device, report, downloading);
    several() ? draw_all(device, report, downloading) : show_one(device, report, downloading);
}

void UpdateScreen::end() {
    if (drawn_ && !several()) out_ << '\n';
    drawn_ = false;
}

void UpdateScreen::show_one(Device& device, const UpdateReport& report, bool downloading) {
    // A download of which no more is said is complete: the bar shows it.
    if (downloading || (drawn_ && report.state == "verifying")) {
        const auto bar = progress_bar(report, device.rate.rate());
        out_ << SafeText::drawing("\r\x1B[K" + cut(bar, width_ - 1)) << std::flush;
        drawn_ = true;
    }
    if (downloading) return;
    end();
    show_line(device, report, false);
}

void UpdateScreen::show_line(Device& device, const UpdateReport& report, bool downloading) {
    const auto tenth = report.size == 0 ? 0 : std::uint64_t{report.done} * 10 / report.size;
    if (downloading && device.state == report.state && tenth == device.tenth) return;
    device.state = report.state;
    device.tenth = tenth;
    if (several()) out_ << device.name << ": ";
    out_ << progress_line(report, downloading ? device.rate.rate() : std::nullopt) << std::endl;
}

void UpdateScreen::draw_all(Device& device, const UpdateReport& report, bool downloading) {
    device.line =
        downloading ? progress_bar(report, device.rate.rate(), bar_width_of_several) : progress_line(report).text();
    std::size_t widest = 0;
    for (const auto& one : devices_) widest = std::max(widest, one.name.size());
    std::string all = drawn_ ? "\x1B[" + std::to_string(devices_.size()) + "A" : "";
    for (const auto& one : devices_) {
        all += "\r\x1B[K" + cut(padded(one.name, widest) + "  " + (one.line.empty() ? "sent" : one.line), width_ - 1) +
               '\n';
    }
    out_ << SafeText::drawing(all) << std::flush;
    drawn_ = true;
}

}  // namespace esb::cli
