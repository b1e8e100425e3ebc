#include "esb/net/captive_dns.hpp"

#include <algorithm>

namespace esb::net {
namespace {

constexpr int packets_a_turn = 8;

constexpr std::size_t dns_head_size = 12;
constexpr std::size_t name_max = 255;
constexpr std::uint8_t label_max = 63;
constexpr std::uint16_t class_in = 1;
constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_opt = 41;

// Bits of the head's flags.
constexpr std::uint16_t is_answer = 0x8000;
constexpr std::uint16_t opcode_mask = 0x7800;
constexpr std::uint16_t authoritative = 0x0400;
constexpr std::uint16_t recursion_desired = 0x0100;
constexpr std::uint16_t recursion_available = 0x0080;

enum class Rcode : std::uint16_t { success = 0, format_error = 1, not_implemented = 4, bad_version = 16 };

struct Head {
    std::uint16_t id, flags, questions, answers, authorities, additionals;
};

struct Question {
    ConstBytes bytes;  // name, type and class as they came
    std::uint16_t type = 0;
    std::uint16_t type_class = 0;
};

struct Edns {
    bool present = false;
    std::uint8_t version = 0;
};

// The reader holds at least dns_head_size bytes.
Head read_head(ByteReader& reader) {
    Head head{};
    for (auto* field : {&head.id, &head.flags, &head.questions, &head.answers, &head.authorities, &head.additionals}) {
        *field = reader.be16().value_or(0);
    }
    return head;
}

// Labels up to the empty one. Compression makes no sense in a packet's first name, and is refused.
Status skip_name(ByteReader& reader) {
    std::size_t size = 0;
    for (;;) {
        const auto length = reader.u8();
        if (!length || *length > label_max) return fail(errors::dns_bad_query);
        size += 1U + *length;
        if (size > name_max || !reader.take(*length)) return fail(errors::dns_bad_query);
        if (*length == 0) return {};
    }
}

Result<Question> read_question(ByteReader& reader) {
    const auto whole = reader.rest();
    ESB_TRY(skip_name(reader));
    const auto type = reader.be16();
    const auto type_class = reader.be16();
    if (!type || !type_class) return fail(errors::dns_bad_query);
    return Question{whole.first(whole.size() - reader.remaining()), *type, *type_class};
}

// The additional records a query may have: an OPT, and others (a signature), whose names may not be compressed.
Result<Edns> read_additionals(ByteReader& reader, std::uint16_t count) {
    Edns edns;
    for (; count > 0; --count) {
        const bool root = !reader.empty() && reader.rest()[0] == 0;
        ESB_TRY(skip_name(reader));
        const auto type = reader.be16();
        const auto payload_class = reader.be16();
        const auto ttl = reader.be32();
        const auto size = reader.be16();
        if (!type || !payload_class || !ttl || !size || !reader.take(*size)) return fail(errors::dns_bad_query);
        if (*type != type_opt) continue;
        if (!root || edns.present) return fail(errors::dns_bad_query);
        edns = {true, static_cast<std::uint8_t>(*ttl >> 16)};
    }
    return edns;
}

void write_head(ByteWriter& out, const Head& query, Rcode rcode, bool question, bool answer, bool edns) {
    const auto kept = static_cast<std::uint16_t>(query.flags & (opcode_mask | recursion_desired));
    const auto low = static_cast<std::uint16_t>(static_cast<std::uint16_t>(rcode) & 0xF);
    out.be16(query.id);
    out.be16(static_cast<std::uint16_t>(is_answer | authoritative | recursion_available | kept | low));
    out.be16(question ? 1 : 0).be16(answer ? 1 : 0).be16(0).be16(edns ? 1 : 0);
}

void write_address(ByteWriter& out, const chip::IpAddress& address) {
    constexpr std::uint16_t name_of_question = 0xC000 | dns_head_size;
    out.be16(name_of_question).be16(type_a).be16(class_in).be32(0).be16(4);
    out.bytes(ConstBytes(address.bytes).first(4));
}

void write_edns(ByteWriter& out, Rcode rcode) {
    const auto high = static_cast<std::uint32_t>(rcode) >> 4;
    out.u8(0).be16(type_opt).be16(dns_query_max).be32(high << 24).be16(0);
}

ConstBytes refusal(const Head& head, Rcode rcode, MutBytes out) {
    ByteWriter writer(out);
    write_head(writer, head, rcode, false, false, false);
    return writer.written();
}

}  // namespace

Result<ConstBytes> answer_dns(ConstBytes query, const chip::IpAddress& address, MutBytes out) {
    if (out.size() < dns_answer_max) return fail(errors::too_long);
    if (query.size() < dns_head_size) return fail(errors::dns_bad_query);
    ByteReader reader(query);
    const auto head = read_head(reader);
    if ((head.flags & is_answer) != 0) return fail(errors::dns_bad_query);
    if ((head.flags & opcode_mask) != 0) return refusal(head, Rcode::not_implemented, out);
    if (head.questions != 1 || head.answers != 0 || head.authorities != 0) {
        return refusal(head, Rcode::format_error, out);
    }
    const auto question = read_question(reader);
    if (!question) return refusal(head, Rcode::format_error, out);
    const auto edns = read_additionals(reader, head.additionals);
    if (!edns) return refusal(head, Rcode::format_error, out);

    const auto rcode = edns->version == 0 ? Rcode::success : Rcode::bad_version;
    const bool known = rcode == Rcode::success && question->type == type_a && question->type_class == class_in;
    ByteWriter writer(out);
    write_head(writer, head, rcode, true, known, edns->present);
    writer.bytes(question->bytes);
    if (known) write_address(writer, address);
    if (edns->present) write_edns(writer, rcode);
    return writer.written();
}

Status CaptiveDns::start(const chip::Endpoint& at) {
    if (started()) return fail(errors::busy);
    const auto socket = reactor_.sockets().bind_udp(at);
    if (!socket) return fail(socket.error());
    socket_ = *socket;
    address_ = at.address;
    const auto watched = reactor_.watch(socket_, *this, true, false);
    if (!watched) stop();
    return watched;
}

void CaptiveDns::stop() {
    if (!started()) return;
    reactor_.unwatch(socket_);
    reactor_.sockets().close(socket_);
    socket_ = chip::SocketId::none;
}

void CaptiveDns::on_ready(bool, bool) {
    for (int i = 0; i < packets_a_turn; ++i) {
        const auto got = reactor_.sockets().receive_from(socket_, query_);
        if (!got) return;  // nothing more; another error concerns one peer, and will be asked again
        const auto answer = answer_dns(ConstBytes(query_).first(got->size), address_, answer_);
        // An answer that does not get out is a lost packet: the phone asks again.
        if (answer) static_cast<void>(reactor_.sockets().send_to(socket_, got->from, *answer));
    }
}

}  // namespace esb::net
