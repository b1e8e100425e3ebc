// What a session finds in its storage. The input is a list of records: slot, whether its checksum and owner are made right,
// length, bytes. Whatever lies there, the client gets on line, sends nothing but well-formed packets, completes what it has taken
// over, and what it has refused is gone.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "esb/base/crc32.hpp"
#include "esb/mqtt/client.hpp"
#include "esb/mqtt/kept_record.hpp"
#include "tests/support/mqtt_memory_storage.hpp"
#include "tests/support/mqtt_wire5.hpp"

namespace {

using namespace esb;
namespace wire = esb::test::wire;
namespace wire5 = esb::test::wire5;

void check(bool condition) {
    if (!condition) std::abort();
}

constexpr mqtt::Limits limits{.max_topic = 12, .max_inflight_out = 2, .max_inflight_in = 2, .max_acks = 4, .max_kept = 4};

void put32(std::uint32_t value, std::uint8_t* at) {
    for (int shift = 24; shift >= 0; shift -= 8) *at++ = static_cast<std::uint8_t>(value >> shift);
}

void fill(esb::test::MqttMemoryStorage& storage, ConstBytes input) {
    while (input.size() >= 3) {
        const std::size_t slot = input[0] % (limits.max_kept + 1);
        const bool right = input[1] % 4 != 0;
        const auto bytes = input.subspan(3).first(std::min<std::size_t>(input[2], input.size() - 3));
        input = input.subspan(3 + bytes.size());
        std::vector<std::uint8_t> record(bytes.begin(), bytes.end());
        if (right && record.size() >= mqtt::KeptRecord::head_size) {
            record[4] = mqtt::KeptRecord::version;
            put32(mqtt::owner_of("fuzz"), &record[6]);
            put32(crc32(ConstBytes(record).subspan(4)), record.data());
        }
        storage.records[slot] = record;
    }
}

class Life : mqtt::Handler {
public:
    Life(esb::test::MqttMemoryStorage& storage, bool five, bool session_present)
        : memory_(mqtt::Client::minimum_memory(limits) + 256), client_(*this, limits, memory_) {
        mqtt::ConnectOptions options;
        options.client_id = "fuzz";
        options.version = five ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
        options.session_known = true;
        check(client_.configure(options).has_value());
        const auto restored = client_.restore(storage);
        check(restored.has_value());
        found = *restored;
        check(client_.pending() == found.messages);
        client_.start(now_, 0);
        client_.transport_opening();
        client_.transport_opened(now_);
        std::vector<wire::Packet> sent = send();
        check(sent.size() == 1 && sent[0].type == 1);
        client_.receive(five ? wire5::connack(session_present) : wire::connack(session_present), now_);
    }
    // Answers everything until nothing more comes.
    void finish() {
        for (int turn = 0; turn < 64 && client_.pending() > 0; ++turn) {
            for (const auto& packet : send()) {
                if (packet.type == 3 && packet.qos == 1) client_.receive(wire::puback(packet.id), now_);
                if (packet.type == 3 && packet.qos == 2) client_.receive(wire::pubrec(packet.id), now_);
                if (packet.type == 6) client_.receive(wire::pubcomp(packet.id), now_);
            }
        }
        check(client_.pending() == 0);
        check(completed == found.messages);
        check(client_.state() == mqtt::Client::State::connected);
    }

    mqtt::Client::Restored found;
    std::size_t completed = 0;

private:
    std::vector<wire::Packet> send() {
        std::vector<wire::Packet> packets;
        for (auto out = client_.output(); !out.empty(); out = client_.output()) {
            stream_.insert(stream_.end(), out.begin(), out.end());
            client_.sent(out.size(), now_);
        }
        while (const auto packet = wire::take_packet(stream_)) {
            if (packet->type == 3) check(packet->qos > 0 && packet->qos < 3 && packet->id != 0);
            packets.push_back(*packet);
        }
        check(stream_.empty());
        return packets;
    }
    void on_connected(bool) override {}
    void on_disconnected(const Error&, Instant) override {}
    void on_message(const mqtt::MessagePiece&) override {}
    void on_published(mqtt::Token, Status) override { ++completed; }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {}

    std::vector<std::uint8_t> memory_;
    mqtt::Client client_;
    Instant now_{1s};
    wire::Bytes stream_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    esb::test::MqttMemoryStorage storage;
    fill(storage, {data + 1, size - 1});
    const auto before = storage.records.size();
    {
        Life first(storage, (data[0] & 1) != 0, (data[0] & 2) != 0);
        check(first.found.refused + first.found.messages <= before);
    }
    Life second(storage, (data[0] & 4) != 0, (data[0] & 8) != 0);
    check(second.found.refused == 0);
    second.finish();
    check(storage.records.size() <= 1);
    return 0;
}
