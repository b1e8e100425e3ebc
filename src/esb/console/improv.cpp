#include "esb/console/improv.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/secret.hpp"

#include <algorithm>

namespace esb::console {
namespace {

constexpr std::uint8_t line_feed = 0x0A;
constexpr std::array<std::uint8_t, 7> header = {'I', 'M', 'P', 'R', 'O', 'V', 1};

enum Type : std::uint8_t { type_state = 1, type_error = 2, type_command = 3, type_result = 4 };
enum ImprovCommand : std::uint8_t {
    command_join = 1,
    command_state = 2,
    command_info = 3,
    command_scan = 4,
    command_host_name = 5,
    command_device_name = 6,
};

constexpr std::size_t ssid_max = 32;
constexpr std::size_t passphrase_max = 64;

constexpr std::uint8_t sum_of(ConstBytes bytes) {
    std::uint8_t sum = 0;
    for (const auto byte : bytes) sum = static_cast<std::uint8_t>(sum + byte);
    return sum;
}

// One byte of length, then so many bytes.
Result<ConstBytes> take_text(ByteReader& reader) {
    const auto size = reader.u8();
    if (!size) return fail(errors::improv_malformed);
    const auto text = reader.take(*size);
    if (!text) return fail(errors::improv_malformed);
    return *text;
}

ImprovError byte_of(const Error& error) {
    if (error == errors::improv_checksum || error == errors::improv_malformed) return ImprovError::invalid;
    if (error == errors::improv_unknown) return ImprovError::unknown_command;
    if (error == errors::improv_host_name) return ImprovError::bad_host_name;
    return ImprovError::unknown;
}

}  // namespace

Improv::~Improv() { wipe(data_); }

ImprovState Improv::state() const {
    if (join_until_) return ImprovState::provisioning;
    return device_.improv_online() ? ImprovState::provisioned : ImprovState::ready;
}

ConstBytes Improv::take(std::uint8_t byte, Instant now) {
    const bool stale = place_ != Place::header && now - last_byte_ >= frame_limit;
    if (stale) reset();
    last_byte_ = now;
    if (place_ == Place::line_end) {
        reset();
        if (byte == line_feed) return {};
    }
    if (place_ == Place::header) return take_header(byte);
    take_frame(byte, now);
    return {};
}

// No part of the header repeats its beginning, so what was held cannot be the beginning of another one.
ConstBytes Improv::take_header(std::uint8_t byte) {
    if (byte == header[matched_]) {
        if (++matched_ < header.size()) return {};
        place_ = Place::type;
        sum_ = sum_of(header);
        return {};
    }
    const std::size_t held = matched_;
    copy(ConstBytes(header).first(held), released_);
    matched_ = 0;
    if (byte == header[0]) {
        matched_ = 1;
        return ConstBytes(released_).first(held);
    }
    released_[held] = byte;
    return ConstBytes(released_).first(held + 1);
}

void Improv::take_frame(std::uint8_t byte, Instant now) {
    if (place_ == Place::checksum) return frame_done(byte, now);
    sum_ = static_cast<std::uint8_t>(sum_ + byte);
    switch (place_) {
        case Place::type:
            type_ = byte;
            place_ = Place::length;
            return;
        case Place::length:
            length_ = byte;
            place_ = length_ > 0 ? Place::data : Place::checksum;
            return;
        default:
            data_[got_++] = byte;
            if (got_ == length_) place_ = Place::checksum;
            return;
    }
}

void Improv::reset() {
    wipe(MutBytes(data_).first(got_));
    place_ = Place::header;
    matched_ = got_ = length_ = 0;
}

// What is no command is not answered: it may be our own frame, echoed by the line.
void Improv::frame_done(std::uint8_t checksum, Instant now) {
    place_ = Place::line_end;
    if (type_ == type_command) {
        const auto done = checksum == sum_ ? run(ConstBytes(data_).first(length_), now) : fail(errors::improv_checksum);
        if (!done) tell_error(byte_of(done.error()));
    }
    wipe(MutBytes(data_).first(got_));
}

Status Improv::run(ConstBytes data, Instant now) {
    ByteReader reader(data);
    const auto command = reader.u8();
    const auto payload = take_text(reader);
    if (!command || !payload || !reader.empty()) return fail(errors::improv_malformed);
    if (*command == command_join) return join(*payload, now);
    const bool changes_name = !payload->empty();
    switch (*command) {
        case command_state:
            tell_state();
            if (state() == ImprovState::provisioned) tell_url(command_state);
            return {};
        case command_info:
            return tell_info();
        case command_scan:
            scanning_ = true;
            if (const auto started = device_.improv_scan(); !started) {
                scanning_ = false;
                return started;
            }
            return {};
        case command_host_name:
        case command_device_name: {
            if (changes_name) return fail(errors::improv_host_name);
            const auto name = device_.improv_info().name;
            tell_result(*command, {&name, 1});
            return {};
        }
        default:
            return fail(errors::improv_unknown);
    }
}

Status Improv::join(ConstBytes payload, Instant now) {
    ByteReader reader(payload);
    const auto ssid = take_text(reader);
    const auto passphrase = take_text(reader);
    if (!ssid || !passphrase || !reader.empty()) return fail(errors::improv_malformed);
    if (ssid->empty() || ssid->size() > ssid_max || passphrase->size() > passphrase_max) {
        return fail(errors::improv_malformed);
    }
    join_until_ = now + join_limit;
    tell_error(ImprovError::none);
    tell_state();
    if (!device_.improv_join(as_text(*ssid), *passphrase)) join_failed();
    return {};
}

void Improv::joined() {
    if (!join_until_) return;
    join_until_.reset();
    send(type_state, ConstBytes(std::array{static_cast<std::uint8_t>(ImprovState::provisioned)}));
    tell_url(command_join);
}

// Ready again, also when the device is still on line by an earlier network.
void Improv::join_failed() {
    if (!join_until_) return;
    join_until_.reset();
    tell_error(ImprovError::unable_to_connect);
    send(type_state, ConstBytes(std::array{static_cast<std::uint8_t>(ImprovState::ready)}));
}

void Improv::step(Instant now) {
    if (join_until_ && now >= *join_until_) join_failed();
}

void Improv::scanned(std::span<const chip::ScanEntry> networks) {
    if (!scanning_) return;
    scanning_ = false;
    for (std::size_t i = 0; i < networks.size(); ++i) {
        const auto& network = networks[i];
        if (network.ssid.empty() || named_before(networks, i)) continue;
        const auto rssi = decimal_signed(network.rssi);
        const std::array<std::string_view, 3> texts = {network.ssid.view(), rssi.view(),
                                                       network.auth == chip::Auth::open ? "NO" : "YES"};
        tell_result(command_scan, texts);
    }
    tell_result(command_scan, {});
}

bool Improv::named_before(std::span<const chip::ScanEntry> networks, std::size_t index) const {
    const auto earlier = networks.first(index);
    return std::any_of(earlier.begin(), earlier.end(),
                       [&](const chip::ScanEntry& other) { return other.ssid == networks[index].ssid; });
}

Status Improv::tell_info() {
    const auto info = device_.improv_info();
    const std::array<std::string_view, 4> texts = {info.firmware, info.version, info.chip, info.name};
    tell_result(command_info, texts);
    return {};
}

void Improv::tell_url(std::uint8_t command) {
    const auto url = device_.improv_url();
    tell_result(command, std::span(&url, url.empty() ? 0 : 1));
}

void Improv::tell_state() { send(type_state, ConstBytes(std::array{static_cast<std::uint8_t>(state())})); }

void Improv::tell_error(ImprovError error) {
    send(type_error, ConstBytes(std::array{static_cast<std::uint8_t>(error)}));
}

void Improv::tell_result(std::uint8_t command, std::span<const std::string_view> texts) {
    std::array<std::uint8_t, data_max> data;
    ByteWriter writer(data);
    writer.u8(command).u8(0);
    for (const auto text : texts) writer.u8(static_cast<std::uint8_t>(text.size())).text(text);
    if (writer.overflowed()) return tell_error(ImprovError::unknown);
    data[1] = static_cast<std::uint8_t>(writer.size() - 2);
    // The common browser library takes a length byte of 10 for the end of a line and loses the frame; a byte that
    // belongs to no text is skipped by it.
    if (writer.size() == line_feed) writer.u8(0);
    send(type_result, writer.written());
}

void Improv::send(std::uint8_t type, ConstBytes data) {
    // The first LF ends whatever stood on the line: the browser finds a frame only at the beginning of one.
    std::array<std::uint8_t, 1 + header.size() + 2 + data_max + 2> frame;
    ByteWriter writer(frame);
    writer.u8(line_feed).bytes(header).u8(type).u8(static_cast<std::uint8_t>(data.size())).bytes(data);
    const auto checksum = sum_of(writer.written().subspan(1));
    writer.u8(checksum).u8(line_feed);
    device_.improv_send(writer.written());
}

}  // namespace esb::console
