#include "esb/ota/updater.hpp"

#include "esb/base/encoding.hpp"
#include "esb/ota/engine.hpp"

namespace esb::ota {

std::string_view name(State state) {
    constexpr std::string_view names[] = {"idle",  "downloading", "verifying", "rebooting",
                                          "trial", "confirmed",   "failed",    "rolled_back"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view why(const Progress& progress, std::span<char> out) {
    if (!progress.error) return {};
    ByteWriter text(MutBytes(reinterpret_cast<std::uint8_t*>(out.data()), out.size()));
    text.text(progress.error->text());
    const bool status = *progress.error == errors::http_status;
    if (status) text.text(": ").text(decimal_signed(progress.error->detail()));
    if (!progress.host.empty()) text.text(status ? " from " : ", host ").text(progress.host);
    return as_text(text.written());
}

Updater::Updater(const UpdaterParts& parts, const ImageIdentity& running, UpdaterHandler& handler)
    : engine_(std::make_unique<Engine>(parts, running, handler)) {}
Updater::~Updater() = default;

UpdatePolicy& Updater::policy() { return engine_->policy(); }
Status Updater::trust(std::string_view key) { return engine_->trust(key); }
Status Updater::begin(const Identity& identity) { return engine_->begin(identity); }
Status Updater::offer(ConstBytes message) { return engine_->offer(message); }
void Updater::refuse(const Error& why) { static_cast<void>(engine_->refuse(why)); }
Result<ConstBytes> Updater::open_config(std::string_view message) { return engine_->open_config(message); }
std::optional<std::uint32_t> Updater::config_counter() const { return engine_->config_counter(); }
void Updater::healthy() { engine_->healthy(); }
bool Updater::on_trial() const { return engine_->on_trial(); }
Status Updater::begin_upload(std::uint32_t size) { return engine_->begin_upload(size); }
Status Updater::upload_piece(ConstBytes piece) { return engine_->upload_piece(piece); }
Status Updater::end_upload() { return engine_->end_upload(); }
void Updater::upload_lost() { engine_->upload_lost(); }
Status Updater::cancel() { return engine_->cancel(); }
Status Updater::forget_failures() { return engine_->forget_failures(); }
const Progress& Updater::progress() const { return engine_->progress(); }
std::uint32_t Updater::floor() const { return engine_->floor(); }
bool Updater::trust_lost() const { return engine_->trust_lost(); }
void Updater::distrust() { engine_->distrust(); }
Status Updater::repair_trust(std::uint32_t counter) { return engine_->repair_trust(counter); }

}  // namespace esb::ota
