#include "host/cli/config_channel.hpp"

#include "esb/base/json.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/jwe.hpp"
#include "host/cli/jws.hpp"
#include "host/cli/payloads.hpp"

#include "esb/ota/envelope.hpp"

namespace esb::cli {
namespace {

constexpr Duration answer_time = std::chrono::seconds(10);  // for what the broker retains

}  // namespace

ConfigChannel::ConfigChannel(MqttSession& session, std::string identity, const SigningKey* key)
    : session_(session), identity_(std::move(identity)), key_(key) {
    session_.on_message([this](const Message& message) { take(message); });
}

Outcome<void> ConfigChannel::listen() {
    for (const auto* leaf : {"online", "status", "config/status"}) {
        if (auto done = session_.subscribe(topic_of(identity_, leaf)); !done) return done;
    }
    return {};
}

Outcome<ConfigReport> ConfigChannel::latest() {
    if (!session_.run_until([this] { return online_ && latest_; }, answer_time))
        return failure(identity_ + " is not on line");
    return *latest_;
}

Outcome<crypto::P256PublicKey> ConfigChannel::device_key() {
    session_.run_until([this] { return has_status_; }, answer_time);
    if (device_key_.empty()) {
        return failure(identity_ + " publishes no key of its own (`enc` in its status), so the secret would travel "
                                   "readable by the broker: update its firmware first");
    }
    return parse_device_key(device_key_);
}

Outcome<std::string> ConfigChannel::signed_change(const std::string& set) {
    const auto report = latest();
    if (!report) return std::unexpected(report.error());
    const auto payload = config_payload(identity_, report->counter ? *report->counter + 1 : 1, set);
    if (!payload) return std::unexpected(payload.error());
    auto envelope = sign_envelope(*key_, "esb-config", *payload);
    if (envelope.empty()) return failure("the change could not be signed");
    if (envelope.size() > ota::envelope_max) return failure("the change is larger than a device accepts: make it in parts");
    return envelope;
}

Outcome<ConfigReport> ConfigChannel::change(const std::string& set, Duration patience) {
    const auto message = key_ != nullptr ? signed_change(set) : Outcome<std::string>(set);
    if (!message) return std::unexpected(message.error());
    ended_.reset();
    waiting_for_ = config_id(*message);
    if (auto done = session_.publish(topic_of(identity_, "config"), *message); !done)
        return std::unexpected(done.error());
    if (!session_.run_until([this] { return ended_.has_value(); }, patience))
        return failure("no answer from the device in time");
    return *ended_;
}

void ConfigChannel::take(const Message& message) {
    if (message.topic == topic_of(identity_, "online")) {
        online_ = message.payload == "1";
        return;
    }
    if (message.topic == topic_of(identity_, "status")) return take_status(message.payload);
    auto report = read_config_report(message.payload);
    if (!report) return;
    const bool ours = !message.retained && report->id == waiting_for_ && report->state != "staged";
    if (ours) ended_ = *report;
    latest_ = std::move(*report);
}

void ConfigChannel::take_status(const std::string& payload) {
    const auto document = JsonDocument::parse(as_bytes(payload));
    if (!document) return;
    has_status_ = true;
    device_key_ = std::string(document->root()["enc"].text().value_or(std::string_view()));
}

Outcome<void> judge(const ConfigReport& report) {
    if (report.state == "kept") return {};
    const auto setting = report.setting.empty() ? std::string() : ", because of " + report.setting;
    return failure("the device has " + report.state + " the change" + setting + ": " +
                   report.why + " (" + report.error + ")");
}

}  // namespace esb::cli
