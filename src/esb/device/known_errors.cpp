// Every error that can end a connection, an update or a change of settings. tests/unit/device compares the list with
// the headers.
#include "esb/device/known_errors.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/identity.hpp"
#include "esb/base/json.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/chip/radio.hpp"
#include "esb/chip/resolver.hpp"
#include "esb/chip/slots.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/jwe.hpp"
#include "esb/crypto/password.hpp"
#include "esb/device/errors.hpp"
#include "esb/link/errors.hpp"
#include "esb/mqtt/errors.hpp"
#include "esb/record/errors.hpp"
#include "esb/net/http_types.hpp"
#include "esb/net/sntp_packet.hpp"
#include "esb/net/tls_stream.hpp"
#include "esb/net/url.hpp"
#include "esb/ota/descriptor.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/keys.hpp"
#include "esb/ota/manifest.hpp"
#include "esb/ota/records.hpp"
#include "esb/ota/updater.hpp"
#include "esb/portal/errors.hpp"
#include "esb/settings/blob.hpp"
#include "esb/settings/host_field.hpp"
#include "esb/settings/json_patch.hpp"
#include "esb/settings/mirrors.hpp"
#include "esb/settings/schema.hpp"
#include "esb/settings/store.hpp"
#include "esb/settings/trial.hpp"

namespace esb {
namespace {

constexpr const ErrorKind* kinds[] = {
    &errors::bad_encoding,
    &errors::bad_identity,
    &errors::busy,
    &errors::cancelled,
    &errors::closed,
    &errors::full,
    &errors::invalid_argument,
    &errors::json_duplicate,
    &errors::json_member,
    &errors::json_nul,
    &errors::json_number,
    &errors::json_syntax,
    &errors::json_too_deep,
    &errors::json_too_large,
    &errors::no_memory,
    &errors::not_found,
    &errors::out_of_range,
    &errors::timed_out,
    &errors::too_long,
    &errors::too_short,
    &errors::would_block,
    &errors::dns_failed,
    &errors::dns_not_found,
    &errors::flash_failed,
    &errors::kv_bad_key,
    &errors::kv_corrupt,
    &errors::kv_full,
    &errors::kv_not_found,
    &errors::kv_too_small,
    &errors::no_entropy,
    &errors::power_lost,
    &errors::portal_key_hidden,
    &errors::portal_own_request,
    &errors::portal_wrong_identity,
    &errors::radio_failed,
    &errors::radio_open_ap,
    &errors::slot_alignment,
    &errors::slot_bad_image,
    &errors::slot_bounds,
    &errors::slot_no_other,
    &errors::slot_not_erased,
    &errors::slot_running,
    &errors::socket_failed,
    &errors::socket_in_use,
    &errors::socket_none_left,
    &errors::socket_refused,
    &errors::socket_reset,
    &errors::socket_timed_out,
    &errors::socket_unreachable,
    &errors::bad_key,
    &errors::bad_signature,
    &errors::bad_tag,
    &errors::jwe_header,
    &errors::jwe_malformed,
    &errors::http_changed,
    &errors::http_encoded,
    &errors::http_header_too_large,
    &errors::http_https,
    &errors::http_location,
    &errors::http_malformed,
    &errors::http_tls,
    &errors::http_range,
    &errors::http_redirects,
    &errors::http_silent,
    &errors::http_slow,
    &errors::http_status,
    &errors::http_truncated,
    &errors::sntp_denied,
    &errors::sntp_foreign,
    &errors::sntp_malformed,
    &errors::sntp_too_often,
    &errors::sntp_unsynchronized,
    &errors::tls_alert,
    &errors::tls_bad_psk,
    &errors::tls_handshake_timeout,
    &errors::tls_no_common_suite,
    &errors::tls_not_tls,
    &errors::tls_protocol,
    &errors::tls_setup,
    &errors::tls_truncated,
    &errors::url_bad,
    &errors::url_host,
    &errors::url_scheme,
    &errors::mqtt_bad_topic,
    &errors::mqtt_malformed,
    &errors::mqtt_no_connack,
    &errors::mqtt_overrun,
    &errors::mqtt_refused_client_id,
    &errors::mqtt_refused_credentials,
    &errors::mqtt_refused_not_authorized,
    &errors::mqtt_refused_unavailable,
    &errors::mqtt_refused_unknown,
    &errors::mqtt_refused_version,
    &errors::mqtt_session_lost,
    &errors::mqtt_silent,
    &errors::mqtt_subscribe_refused,
    &errors::mqtt_too_large,
    &errors::mqtt_unexpected,
    &errors::setting_format,
    &errors::setting_length,
    &errors::setting_local_only,
    &errors::setting_not_utf8,
    &errors::setting_range,
    &errors::setting_secret,
    &errors::setting_type,
    &errors::setting_unknown,
    &errors::settings_corrupt,
    &errors::settings_full,
    &errors::settings_newer,
    &errors::settings_not_loaded,
    &errors::envelope_alg,
    &errors::envelope_header,
    &errors::envelope_malformed,
    &errors::envelope_too_large,
    &errors::envelope_typ,
    &errors::key_malformed,
    &errors::key_unknown,
    &errors::manifest_encrypted,
    &errors::manifest_member,
    &errors::manifest_no_hash,
    &errors::manifest_urls,
    &errors::ota_below_floor,
    &errors::ota_boot_loader,
    &errors::ota_counter,
    &errors::ota_descriptor,
    &errors::ota_expired,
    &errors::ota_hash,
    &errors::ota_heap,
    &errors::ota_in_trial,
    &errors::ota_key_version,
    &errors::ota_legacy_malformed,
    &errors::ota_legacy_off,
    &errors::ota_no_descriptor,
    &errors::ota_no_rollback,
    &errors::ota_quarantined,
    &errors::ota_record,
    &errors::ota_seq,
    &errors::ota_size,
    &errors::ota_too_large,
    &errors::ota_too_soon,
    &errors::ota_host,
    &errors::ota_given_up,
    &errors::ota_trial_crashed,
    &errors::ota_trial_hung,
    &errors::ota_trial_power,
    &errors::ota_trial_silent,
    &errors::ota_upload_lost,
    &errors::ota_wrong_app,
    &errors::ota_wrong_device,
    &errors::ota_wrong_hw,
    &errors::link_account_changed,
    &errors::link_lower_qos,
    &errors::link_no_echo,
    &errors::link_no_network,
    &errors::link_no_suback,
    &errors::link_second_device,
    &errors::clock_before_build,
    &errors::log_malformed,
    &errors::run_record,
    &errors::config_interrupted,
    &errors::config_no_address,
    &errors::config_no_round_trip,
    &errors::config_no_trial,
    &errors::config_not_object,
    &errors::config_on_trial,
    &errors::config_retained,
    &errors::config_taken_back,
    &errors::config_unsigned,
    &errors::config_wrapped,
    &errors::password_corrupt,
    &errors::password_length,
    &errors::password_wrong,
    &errors::device_no_variable,
    &errors::device_not_on_trial,
    &errors::ota_unguarded,
    &errors::host_ipv6,
    &errors::host_parts,
    &errors::host_port,
    &errors::host_scheme,
    &errors::setting_address,
    &errors::setting_address_clash,
    &errors::setting_host_address,
    &errors::setting_choice,
    &errors::setting_needed,
    &errors::trust_lost,
};

}  // namespace

const ErrorKind* known_error(std::uint32_t number) {
    for (const auto* kind : kinds) {
        if (record::error_number(kind->name) == number) return kind;
    }
    return nullptr;
}

const ErrorKind* known_error(std::string_view name) {
    for (const auto* kind : kinds) {
        if (kind->name == name) return kind;
    }
    return nullptr;
}

std::span<const ErrorKind* const> known_errors() { return kinds; }

const record::Names& log_names() {
    static constexpr record::Names names{
        [](std::uint32_t number) { return known_error(number); },
        [](std::uint8_t state) {
            const bool known = state <= static_cast<std::uint8_t>(ota::State::rolled_back);
            return known ? ota::name(static_cast<ota::State>(state)) : std::string_view();
        }};
    return names;
}

}  // namespace esb
