#include "esb/device/config_changes.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/json.hpp"
#include "esb/console/console_password.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/device/accounts.hpp"
#include "esb/device/errors.hpp"
#include "esb/settings/json_patch.hpp"

#include <array>

namespace esb {
namespace {

using settings::Stage;

constexpr Duration acknowledgement_time = std::chrono::seconds(2);

// A message's name: the first 16 hex digits of its SHA-256.
FixedString<16> id_of(ConstBytes message) {
    crypto::Sha256 hash;
    hash.update(message);
    const auto digest = hash.finish();
    std::array<char, 16> digits;
    FixedString<16> id;
    static_cast<void>(id.append(hex_encode(ConstBytes(digest).first(8), digits).value_or(std::string_view())));
    return id;
}

std::string_view report_json(const settings::Report& report, Stage waits, std::string_view key,
                             std::optional<std::uint32_t> counter, std::span<char> out) {
    JsonWriter json(out);
    json.begin_object().key("id").text(report.id).key("state").text(name(report.state));
    json.key("error").text(report.error ? report.error->name() : "");
    if (report.error) json.key("why").text(report.error->text());
    json.key("setting").text(report.setting);
    if (waits != Stage::none) json.key("waits").text(settings::name(waits));
    if (counter) json.key("ctr").number(*counter);
    json.key("key").text(key).end_object();
    return json.view();
}

}  // namespace

Status ConfigChanges::propose(const settings::Patch& patch, Proposer by) {
    if (trial_.on_trial() && by != Proposer::other && by == proposer_) ESB_TRY(trial_.revert());
    ESB_TRY(check(patch));
    ESB_TRY(trial_.propose(patch, {}, parts_.commissioned.is()));
    proposer_ = by;
    return {};
}

Status ConfigChanges::close_console() {
    const auto label = parts_.store.text(settings::names::ap_pass);
    if (label.empty() || parts_.store.is_set(settings::names::console_password)) return {};
    settings::Patch patch(parts_.schema, settings::Origin::console);
    ESB_TRY(console::put_console_password(patch, label, parts_.entropy));
    return propose(patch);
}

void ConfigChanges::take(const link::Message& message, Instant now) {
    if (message.offset != 0) return;
    const auto id = id_of(message.bytes);
    // The same message once more, because its acknowledgement was lost with a connection: it has had its trial.
    if (message.duplicate && report().id == id) {
        to_send_ = true;
        return;
    }
    FixedString<settings::name_max> offending;
    if (const auto taken = read(message, id, offending); !taken) trial_.refuse(id, taken.error(), offending);
    to_send_ = true;
    if (trial_.on_trial() && !trial_.begun() && !apply_by_) apply_by_ = now + acknowledgement_time;
}

Status ConfigChanges::read(const link::Message& message, std::string_view id, FixedString<settings::name_max>& offending) {
    if (!message.is_last()) return fail(errors::json_too_large);
    if (message.retain) return fail(errors::config_retained);
    // Nobody can say whether changes have to be signed.
    if (parts_.store.local_lost()) return fail(errors::trust_lost);
    settings::Patch patch(parts_.schema, settings::Origin::mqtt);
    ESB_TRY(read_patch(message.bytes, patch, offending));
    ESB_TRY(check(patch));
    ESB_TRY(trial_.propose(patch, id, true));
    proposer_ = Proposer::other;
    return {};
}

Status ConfigChanges::check(const settings::Patch& patch) const {
    return parts_.certificates != nullptr ? parts_.certificates->check(patch) : Status();
}

// Signed or bare. No JSON text begins as an envelope does, whose header begins with a brace in base64.
Status ConfigChanges::read_patch(ConstBytes message, settings::Patch& patch,
                                 FixedString<settings::name_max>& offending) {
    const auto* const pair = parts_.key.pair();
    std::optional<settings::Unwrapper> unwrapper;
    if (pair != nullptr) unwrapper.emplace(settings::Unwrapper{*pair, parts_.entropy});
    const auto* const open = unwrapper ? &*unwrapper : nullptr;
    auto* const shelf = parts_.certificates != nullptr ? &parts_.certificates->shelf() : nullptr;
    const auto text = bare_text(as_text(message));
    if (!text.starts_with('e')) {
        if (parts_.store.boolean(settings::names::settings_signed)) return fail(errors::config_unsigned);
        return settings::read_json_patch(message, patch, offending, open, shelf);
    }
    const auto payload = parts_.updater.open_config(text);
    if (!payload) return fail(payload.error());
    const auto document = JsonDocument::parse(*payload);
    if (!document) return fail(document.error());
    return settings::read_json_patch(document->root()["set"], patch, offending, open, shelf);
}

bool ConfigChanges::may_apply(Instant now) const {
    if (!apply_by_ || now >= *apply_by_ || !parts_.link.connected()) return true;
    return !to_send_ && parts_.link.client().pending() == 0;
}

void ConfigChanges::applied(Instant now, bool has_address, bool online, unsigned tries) {
    apply_by_.reset();
    const auto seconds = parts_.store.integer(settings::names::config_confirm);
    trial_.begin(now, std::chrono::seconds(seconds), has_address, tries);
    if (has_address) trial_.address_obtained(now);
    if (online) trial_.round_trip();
}

void ConfigChanges::step(Instant now) {
    trial_.step(now);
    if (told_ != trial_.revision()) tell_news();
    if (to_send_ && parts_.link.connected()) publish();
}

std::optional<Instant> ConfigChanges::deadline() const {
    if (told_ != trial_.revision()) return Instant{};
    return earliest(trial_.deadline(), apply_by_);
}

void ConfigChanges::tell_news() {
    told_ = trial_.revision();
    to_send_ = true;
    print();
    const auto& latest = report();
    parts_.notes.config(latest);
    if (latest.state == settings::Report::State::reverted) parts_.listener.on_reverted(latest, proposer_);
}

void ConfigChanges::print() {
    const auto& latest = report();
    const bool ends_trial = was_staged_ || latest.state == settings::Report::State::reverted;
    const bool speaks = latest.state != settings::Report::State::kept || ends_trial || !latest.id.empty();
    if (latest.state != settings::Report::State::refused) was_staged_ = latest.state == settings::Report::State::staged;
    if (!speaks || told_already(latest.error)) return;
    auto& out = parts_.voice.out();
    out.text("config: ").text(name(latest.state));
    if (latest.state == settings::Report::State::staged) {
        out.text(", the ").text(settings::name(waits_for())).text(" has to prove itself within ");
        out.number(parts_.store.integer(settings::names::config_confirm)).text(" s");
    }
    if (!latest.setting.empty()) out.text(" ").quoted(as_bytes(latest.setting.view()));
    if (latest.error) out.text(": ").reason(*latest.error);
    out.end_line();
}

void ConfigChanges::publish() {
    std::array<char, 400> text;
    const auto key = key_name(parts_.store, parts_.brokers.choice());  // of the present connection
    const auto counter = parts_.updater.config_counter();
    to_send_ = !parts_.publisher.report("config/status", report_json(report(), waits_for(), key, counter, text));
}

}  // namespace esb
