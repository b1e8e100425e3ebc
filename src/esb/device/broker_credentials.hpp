// What handshakes with certificates need of the device: the account's authorities, its own certificate with its key, and
// what is known of the time.
#pragma once

#include "esb/device/config_changes.hpp"
#include "esb/device/time_keeper.hpp"
#include "esb/life/client_keys.hpp"
#include "esb/link/broker_link.hpp"
#include "esb/record/retained.hpp"
#include "esb/settings/shelf.hpp"

namespace esb {

class BrokerCredentials final : public net::TlsCredentials, public CertificateDesk {
public:
    struct Parts {
        chip::Chip& chip;
        const settings::Store& store;
        const link::BrokerLink& link;
        const TimeKeeper& time;
    };
    explicit BrokerCredentials(const Parts& parts)
        : parts_(parts),
          shelf_(parts.chip.key_value, parts.store),
          keys_(parts.chip.key_value, parts.chip.entropy, shelf_) {}

    settings::Shelf& shelf() override { return shelf_; }
    Status check(const settings::Patch& patch) const override;
    Result<std::string_view> request(std::string_view common_name, std::span<char> out) override;

    net::TlsCredentials* web() override;
    // As the first broker has them, whichever is in use: for who renews the certificate.
    net::TlsCredentials& first_broker() { return first_; }
    // Of the certificate of this name. not_found, bad_certificate, no_memory.
    Result<crypto::CertificateFacts> facts_of(ConstBytes name) const;
    // The same certificates, the one for a key of this device in front. setting_own_certificate, too_long.
    Result<ConstBytes> with_ours_first(ConstBytes certificates, MutBytes out) const;
    // The private key of the device's own certificate of this name. tls_credentials, the errors of facts_of().
    Result<net::ClientKey> key_of(ConstBytes name) const;
    // request() as DER.
    Result<ConstBytes> request_der(std::string_view common_name, MutBytes out);

    Result<ConstBytes> authorities(MutBytes room) override;
    Result<ConstBytes> own_certificates(MutBytes room) override;
    Result<net::ClientKey> own_key() override;
    net::CertificateTime time() const override;
    MutBytes session_room() override { return record::retained::tls_session(parts_.chip.retained_ram); }

private:
    Status check_one(const settings::Record& record, MutBytes room) const;

    // What https servers are trusted by: the same clock, pins or an authority of their own, or the broker's authority.
    struct Web final : net::TlsCredentials {
        explicit Web(const BrokerCredentials& device) : of(device) {}
        Result<ConstBytes> authorities(MutBytes room) override;
        FixedVector<net::SpkiPin, net::max_pins> pins() override;
        net::CertificateTime time() const override { return of.time(); }
        const BrokerCredentials& of;
    };
    struct First final : net::TlsCredentials {
        explicit First(const BrokerCredentials& device) : of(device) {}
        Result<ConstBytes> authorities(MutBytes room) override;
        Result<ConstBytes> own_certificates(MutBytes room) override;
        Result<net::ClientKey> own_key() override;
        net::CertificateTime time() const override { return of.time(); }
        const BrokerCredentials& of;
    };
    ConstBytes web_authority() const;

    Parts parts_;
    settings::Shelf shelf_;
    life::ClientKeys keys_;
    Web web_{*this};
    First first_{*this};
};

}  // namespace esb
