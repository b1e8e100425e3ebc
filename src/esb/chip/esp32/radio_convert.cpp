#include "esb/chip/esp32/radio_convert.hpp"

#include <algorithm>
#include <cstring>

#include <sdkconfig.h>

namespace esb::chip::esp32 {

namespace {

// Codes that only a later ESP-IDF has a name for.
constexpr int no_ap_with_compatible_security = 210;
constexpr int no_ap_with_auth_threshold = 211;
constexpr int no_ap_with_rssi_threshold = 212;

// IEEE 802.11's codes (table 9-49) that are called differently before and after ESP-IDF 6.
constexpr int inactive = 4;
constexpr int frame_before_authentication = 6;
constexpr int frame_before_association = 7;

template <std::size_t N>
void put(std::uint8_t (&out)[N], ConstBytes bytes) {
    copy(bytes.first(std::min(N, bytes.size())), out);
}

}  // namespace

DisconnectReason to_reason(std::uint8_t driver_reason) {
    switch (int{driver_reason}) {
        case WIFI_REASON_NO_AP_FOUND:
        case no_ap_with_rssi_threshold:
            return DisconnectReason::network_not_found;
        case WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT:
        case WIFI_REASON_HANDSHAKE_TIMEOUT:
        case WIFI_REASON_MIC_FAILURE:
        case WIFI_REASON_AUTH_FAIL:  // how WPA3 finds a wrong password
            return DisconnectReason::wrong_password;
        case WIFI_REASON_AUTH_EXPIRE:
        case WIFI_REASON_802_1X_AUTH_FAILED:
        case no_ap_with_compatible_security:
        case no_ap_with_auth_threshold:
            return DisconnectReason::auth_refused;
        case WIFI_REASON_ASSOC_TOOMANY:
        case WIFI_REASON_ASSOC_NOT_AUTHED:
        case WIFI_REASON_DISASSOC_PWRCAP_BAD:
        case WIFI_REASON_DISASSOC_SUPCHAN_BAD:
        case WIFI_REASON_IE_INVALID:
        case WIFI_REASON_GROUP_CIPHER_INVALID:
        case WIFI_REASON_PAIRWISE_CIPHER_INVALID:
        case WIFI_REASON_AKMP_INVALID:
        case WIFI_REASON_UNSUPP_RSN_IE_VERSION:
        case WIFI_REASON_INVALID_RSN_IE_CAP:
        case WIFI_REASON_CIPHER_SUITE_REJECTED:
        case WIFI_REASON_ASSOC_FAIL:
        case WIFI_REASON_CONNECTION_FAIL:
        case WIFI_REASON_ASSOC_COMEBACK_TIME_TOO_LONG:
            return DisconnectReason::association_refused;
        case WIFI_REASON_BEACON_TIMEOUT:
        case WIFI_REASON_AP_TSF_RESET:
        case WIFI_REASON_MISSING_ACKS:
        case WIFI_REASON_SA_QUERY_TIMEOUT:
            return DisconnectReason::signal_lost;
        case WIFI_REASON_AUTH_LEAVE:
        case inactive:
        case frame_before_authentication:
        case frame_before_association:
        case WIFI_REASON_ASSOC_LEAVE:  // an access point that shuts down says this too
        case WIFI_REASON_BSS_TRANSITION_DISASSOC:
        case WIFI_REASON_GROUP_KEY_UPDATE_TIMEOUT:
        case WIFI_REASON_STA_LEAVING:
        case WIFI_REASON_PEER_INITIATED:
        case WIFI_REASON_AP_INITIATED:
        case WIFI_REASON_ROAMING:
            return DisconnectReason::closed_by_peer;
        default:
            return DisconnectReason::unknown;
    }
}

Auth to_auth(wifi_auth_mode_t mode) {
    switch (mode) {
        case WIFI_AUTH_OPEN:
            return Auth::open;
        case WIFI_AUTH_WEP:
            return Auth::wep;
        case WIFI_AUTH_WPA_PSK:
            return Auth::wpa;
        case WIFI_AUTH_WPA2_PSK:
        case WIFI_AUTH_WPA_WPA2_PSK:
            return Auth::wpa2;
        case WIFI_AUTH_WPA2_WPA3_PSK:
            return Auth::wpa2_wpa3;
        case WIFI_AUTH_WPA3_PSK:
            return Auth::wpa3;
        case WIFI_AUTH_ENTERPRISE:
            return Auth::enterprise;
        default:
            return Auth::unknown;
    }
}

ScanEntry to_scan_entry(const wifi_ap_record_t& record) {
    ScanEntry entry;
    const auto* name = reinterpret_cast<const char*>(record.ssid);
    static_cast<void>(entry.ssid.assign({name, strnlen(name, Ssid::capacity())}));
    entry.bssid = to_mac(record.bssid);
    entry.rssi = record.rssi;
    entry.channel = record.primary;
    entry.auth = to_auth(record.authmode);
    return entry;
}

Mac to_mac(const std::uint8_t (&bytes)[6]) {
    Mac mac;
    std::copy(std::begin(bytes), std::end(bytes), mac.begin());
    return mac;
}

void fill(wifi_sta_config_t& out, const StationConfig& from) {
    put(out.ssid, as_bytes(from.ssid.view()));
    put(out.password, from.passphrase.reveal());  // 64 hex digits fill it; the driver then needs no terminator
    // All channels, best signal first: the fast scan takes the first access point of that name it meets, which is right only
    // where it is known. The driver asks by name on each channel, so a hidden network needs nothing more.
    const bool known = from.bssid && from.channel != 0;
    out.scan_method = known ? WIFI_FAST_SCAN : WIFI_ALL_CHANNEL_SCAN;
    out.channel = known ? from.channel : 0;
    out.sort_method = WIFI_CONNECT_AP_BY_SIGNAL;
    out.failure_retry_cnt = 0;  // the supervisor decides about retries
    out.bssid_set = from.bssid.has_value();
    if (from.bssid) put(out.bssid, *from.bssid);
    // Without the threshold an impostor with the same name and no encryption would be joined.
    out.threshold.authmode = from.passphrase.empty() ? WIFI_AUTH_OPEN : WIFI_AUTH_WPA2_PSK;
#if ESB_WIFI_ENTERPRISE
    if (from.enterprise.method != Eap::none) out.threshold.authmode = WIFI_AUTH_ENTERPRISE;
#endif
    out.threshold.rssi = -127;
    out.pmf_cfg.capable = true;
    out.sae_pwe_h2e = WPA3_SAE_PWE_BOTH;
}

void fill(wifi_ap_config_t& out, const AccessPointConfig& from) {
    put(out.ssid, as_bytes(from.ssid.view()));
    out.ssid_len = static_cast<std::uint8_t>(from.ssid.size());
    put(out.password, from.passphrase.reveal());
    out.channel = from.channel;  // a joined station's channel wins: there is one radio
    out.max_connection = from.max_stations;
    out.beacon_interval = 100;
    out.pairwise_cipher = WIFI_CIPHER_TYPE_CCMP;
    out.pmf_cfg.capable = true;
#if CONFIG_ESB_OPEN_ACCESS_POINT
    out.authmode = WIFI_AUTH_OPEN;
    out.pairwise_cipher = WIFI_CIPHER_TYPE_NONE;
#elif CONFIG_ESP_WIFI_SOFTAP_SAE_SUPPORT
    out.authmode = WIFI_AUTH_WPA2_WPA3_PSK;
    out.sae_pwe_h2e = WPA3_SAE_PWE_BOTH;
#else
    out.authmode = WIFI_AUTH_WPA2_PSK;
#endif
}

}  // namespace esb::chip::esp32
