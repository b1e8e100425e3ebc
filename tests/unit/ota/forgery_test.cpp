// What somebody could send who has no key, or who has old messages: none of it is taken (RFC 7515, RFC 7518, RFC 8725).
#include "esb/base/json.hpp"
#include "esb/crypto/hmac.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/errors.hpp"
#include "support/tally.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace esb::ota {
namespace {

using test::base64url;
using test::Manifest;

using Scalar = std::array<std::uint8_t, 32>;

// The order of P-256's group.
struct Order {
    static constexpr Scalar n{0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF,
                              0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17,
                              0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
    // Near it: no carry leaves the last byte.
    static Scalar plus(int number) {
        auto out = n;
        out.back() = static_cast<std::uint8_t>(out.back() + number);
        return out;
    }
    static Scalar minus(const Scalar& number) {
        Scalar out{};
        int borrowed = 0;
        for (std::size_t i = out.size(); i-- > 0;) {
            const int difference = n[i] - number[i] - borrowed;
            borrowed = difference < 0 ? 1 : 0;
            out[i] = static_cast<std::uint8_t>(difference);
        }
        return out;
    }
};

std::string joined(const Scalar& r, const Scalar& s) {
    std::string bytes(r.begin(), r.end());
    return base64url(bytes.append(s.begin(), s.end()));
}

// SEQUENCE of two INTEGERs, as X.509 and most libraries write a signature.
std::string der(const Scalar& r, const Scalar& s) {
    const auto integer = [](const Scalar& number) {
        auto from = std::find_if(number.begin(), number.end() - 1, [](std::uint8_t byte) { return byte != 0; });
        std::string bytes(from, number.end());
        if ((static_cast<std::uint8_t>(bytes[0]) & 0x80) != 0) bytes.insert(bytes.begin(), '\0');
        return "\x02" + std::string(1, static_cast<char>(bytes.size())) + bytes;
    };
    const auto both = integer(r) + integer(s);
    return base64url("\x30" + std::string(1, static_cast<char>(both.size())) + both);
}

std::string hmac(std::string_view key, std::string_view text) {
    const auto short_key = key.size() > 64 ? crypto::sha256(as_bytes(key)) : crypto::Digest();
    const auto code = crypto::hmac_sha256(key.size() > 64 ? ConstBytes(short_key) : as_bytes(key), as_bytes(text));
    return base64url(code);
}

class Forgeries : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0"});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};
    test::TestSigner& signer = rig.signer;
    test::TestSigner stranger{"stranger"};
    const std::string payload = Manifest::of(new_image).json();
    const std::string good = signer.envelope("esb-update", payload);
    const std::string good_head = good.substr(0, good.find('.'));
    const std::string signed_text = good.substr(0, good.rfind('.'));

    Forgeries() {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = new_image;
    }
    Scalar part(std::size_t which) {
        const auto signature = signer.sign(signed_text);
        Scalar out{};
        std::copy_n(signature.begin() + static_cast<std::ptrdiff_t>(32 * which), 32, out.begin());
        return out;
    }
    void add(std::string name, std::string text) { forged.emplace_back(std::move(name), std::move(text)); }
    void add_payload(const std::string& name, const std::string& json) {
        add(name, signer.envelope("esb-update", json));
    }
    // The manifest with another value of a member.
    std::string with(const std::string& member, const std::string& value) const {
        auto json = payload;
        const auto at = json.find("\"" + member + "\":") + member.size() + 3;
        const auto end = json[at] == '[' ? json.find(']', at) + 1 : json.find_first_of(",}", at);
        return json.replace(at, end - at, value);
    }
    // Offers them all to a device on line, one after the other, then what is genuine.
    void expect_none_accepted(const std::string& what) {
        std::size_t accepted = 0;
        rig.on_line = [&](Updater& updater) {
            for (const auto& [name, text] : forged) {
                const auto outcome = updater.offer(as_bytes(text));
                if (outcome) {
                    ++accepted;
                    ADD_FAILURE() << what << ": accepted: " << name;
                    return;
                }
                // For what it is, not for the circumstances.
                const Error& why = outcome.error();
                ASSERT_TRUE(why != errors::busy && why != errors::ota_heap && why != errors::trust_lost) << name;
                ASSERT_NE(why, errors::ota_too_soon) << name;
                ASSERT_EQ(updater.floor(), 0U) << name;
            }
            ASSERT_EQ(rig.server.connections, 0);
            EXPECT_TRUE(updater.offer(as_bytes(good))) << "what is genuine is taken";
        };
        EXPECT_EQ(rig.boot().end, test::BootEnd::restart);
        rig.on_line = nullptr;
        EXPECT_EQ(rig.boot().seq, 42U);
        std::cout << "[ refused  ] " << what << ": " << forged.size() << " forged, " << accepted << " accepted\n";
        test::tally("forgeries", forged.size(), what);
        test::tally("forgeries accepted", accepted, what);
    }

    std::vector<std::pair<std::string, std::string>> forged;
};

TEST_F(Forgeries, by_any_flipped_bit_or_cut_end_are_refused) {
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        auto text = good;
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
        add("bit " + std::to_string(bit), text);
    }
    for (std::size_t size = 0; size < good.size(); ++size)
        add("prefix of " + std::to_string(size), good.substr(0, size));
    for (std::size_t from = 1; from < good.size(); ++from) add("from " + std::to_string(from), good.substr(from));
    expect_none_accepted("flips and cuts of an update");
}

// The same of the other types, at the door all messages come through.
TEST_F(Forgeries, of_commands_key_sets_and_settings_are_refused) {
    Keyring keys;
    ASSERT_TRUE(keys.add(*parse_key(signer.public_text())));
    std::array<std::uint8_t, envelope_max> buffer{};
    std::size_t tried = 0;
    const std::pair<const char*, std::string> messages[] = {
        {"esb-command", R"({"cmd":"rollback","dev":["ESP-1"],"ctr":7})"},
        {"esb-keys", R"({"ver":2,"keys":[)" + stranger.jwk() + "]}"},
        {"esb-config", R"({"dev":["ESP-1"],"ctr":7,"set":{"log.level":"debug"}})"}};
    for (const auto& [typ, content] : messages) {
        const auto text = signer.envelope(typ, content);
        ASSERT_TRUE(open_envelope(text, keys, buffer));
        for (std::size_t bit = 0; bit < 8 * text.size(); ++bit, ++tried) {
            auto flipped = text;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            ASSERT_FALSE(open_envelope(flipped, keys, buffer)) << typ << " bit " << bit;
        }
        for (std::size_t size = 0; size < text.size(); ++size, ++tried) {
            ASSERT_FALSE(open_envelope(text.substr(0, size), keys, buffer)) << typ << " prefix " << size;
        }
        // The signature of one type over another.
        for (const auto* other : {"esb-update", "esb-command", "esb-keys", "esb-config"}) {
            if (std::string_view(other) == typ) continue;
            const auto head = base64url(signer.header(other));
            ASSERT_FALSE(open_envelope(head + text.substr(text.find('.')), keys, buffer)) << typ << " as " << other;
            ++tried;
        }
    }
    std::cout << "[ refused  ] commands, key sets, settings: " << tried << " forged, 0 accepted\n";
    test::tally("forgeries", tried, "other types");
    test::tally("forgeries accepted", 0, "other types");
}

TEST_F(Forgeries, with_tricks_in_the_header_are_refused) {
    const auto kid = signer.kid();
    const auto head = [&](const std::string& alg, const std::string& key_id, const std::string& more = "") {
        return R"({"alg":)" + alg + R"(,"kid":)" + key_id + R"(,"typ":"esb-update")" + more + "}";
    };
    const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
    const auto unsigned_text = [&](const std::string& header) { return base64url(header) + "." + base64url(payload); };
    const std::string own_key[] = {R"(,"jwk":)" + stranger.jwk(),
                                   R"(,"jku":"http://192.0.2.9/keys")",
                                   R"(,"x5u":"http://192.0.2.9/cert")",
                                   R"(,"x5c":["MIIB"])",
                                   R"(,"x5t":"AAAA")",
                                   R"(,"x5t#S256":"AAAA")"};
    // RFC 8725, 2.1, 3.1: another algorithm, none at all, or the public key as a shared secret.
    for (const auto* alg :
         {"none",  "None",  "NONE",  "nOnE",  "",       "HS256",  "HS384",  "HS512", "RS256", "PS256",  "ES256K",
          "ES384", "ES512", "EdDSA", "es256", "ES256 ", " ES256", "ES 256", "ECDSA", "dir",   "A256KW", "ECDH-ES"}) {
        const auto text = unsigned_text(head(quoted(alg), quoted(kid)));
        add("alg " + std::string(alg) + ", no signature", text + ".");
        add("alg " + std::string(alg) + ", two parts", text);
        add("alg " + std::string(alg) + ", genuine signature", text + "." + base64url(signer.sign(text)));
        for (const auto& secret : {signer.public_text(), signer.jwk(), kid, std::string()}) {
            add("alg " + std::string(alg) + ", HMAC", text + "." + hmac(secret, text));
        }
    }
    for (const auto* alg : {"null", "1", "true", "[]", "{}", R"(["ES256"])", R"({"ES256":1})", "256"}) {
        const auto text = unsigned_text(head(alg, quoted(kid)));
        add("alg " + std::string(alg), text + "." + base64url(signer.sign(text)));
    }
    // 2.9, 3.10: a key identifier that is another's, a path, a query, or no text.
    for (const auto& id : {stranger.kid(), std::string(), kid + " ", " " + kid, kid.substr(1), kid + kid,
                           std::string("*"), std::string("../../dev/null"), std::string("' OR '1'='1"),
                           std::string("%00"), std::string("\\u0000"), kid + "\\u0000", std::string(200, 'a')}) {
        const auto header = head(quoted("ES256"), quoted(id));
        add("kid " + id + ", stranger", stranger.sign_with_header(header, payload));
        add("kid " + id + ", signer", signer.sign_with_header(header, payload));
    }
    for (const auto* id : {"null", "1", "[]", "{}", "true"}) {
        add("kid " + std::string(id), signer.sign_with_header(head(quoted("ES256"), id), payload));
    }
    auto upper = kid;  // is another
    std::transform(kid.begin(), kid.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (upper != kid) add("kid upper", signer.sign_with_header(head(quoted("ES256"), quoted(upper)), payload));
    // 3.5, 3.10: the key comes along.
    for (const auto& more : own_key) {
        for (const auto& id : {kid, stranger.kid()}) {
            add("own key" + more, stranger.sign_with_header(head(quoted("ES256"), quoted(id), more), payload));
            add("own key" + more, signer.sign_with_header(head(quoted("ES256"), quoted(id), more), payload));
        }
    }
    // RFC 7515, 4.1.11: what has to be understood; RFC 7797: another payload; RFC 7516: compressed.
    for (const auto* more :
         {R"(,"crit":["exp"],"exp":1)", R"(,"crit":[])", R"(,"crit":["b64"],"b64":false)", R"(,"b64":false)",
          R"(,"crit":null)", R"(,"zip":"DEF")", R"(,"enc":"A256GCM")", R"(,"cty":"JWT")", R"(,"exp":1)",
          R"(,"iss":"x")", R"(,"epk":{})", R"(,"url":"x")", R"(,"nonce":"x")", R"(,"":1)", R"(,"Alg":"ES256")"}) {
        add(more, signer.sign_with_header(head(quoted("ES256"), quoted(kid), more), payload));
    }
    // Twice the same member, spelled in any way.
    for (const auto* more :
         {R"(,"alg":"ES256")", R"(,"alg":"none")", R"(,"\u0061lg":"none")", R"(,"a\u006cg":"ES256")", R"(,"kid":"x")",
          R"(,"\u006B\u0069\u0064":"x")", R"(,"typ":"esb-keys")", R"(,"t\u0079p":"esb-update")"}) {
        add(more, signer.sign_with_header(head(quoted("ES256"), quoted(kid), more), payload));
    }
    // 3.11: another type, or none.
    for (const auto* typ : {R"("JWT")", R"("jose")", R"("ESB-UPDATE")", R"("application/esb-update")",
                            R"("esb-update ")", R"("esb-config")", R"("")", "null", "7", R"(["esb-update"])"}) {
        const auto header = R"({"alg":"ES256","kid":")" + kid + R"(","typ":)" + typ + "}";
        add("typ " + std::string(typ), signer.sign_with_header(header, payload));
    }
    add("no typ", signer.sign_with_header(R"({"alg":"ES256","kid":")" + kid + "\"}", payload));
    add("no kid", signer.sign_with_header(R"({"alg":"ES256","typ":"esb-update"})", payload));
    add("no alg", signer.sign_with_header(R"({"kid":")" + kid + R"(","typ":"esb-update"})", payload));
    for (const auto* header :
         {"", "{}", "[]", "null", "1", "\"x\"", "{", "{]", "[[[[[[[[1]]]]]]]]", R"({"a":{"b":{"c":{"d":1}}}})",
          "{\"alg\":\"ES256\"", "\xEF\xBB\xBF{}", "{\"alg\":\"\xFF\"}", "{'alg':'ES256'}"}) {
        add("header " + std::string(header), signer.sign_with_header(header, payload));
    }
    const auto genuine = signer.header("esb-update");
    add("header and more", signer.sign_with_header(genuine + "{}", payload));
    add("header and a NUL", signer.sign_with_header(genuine + std::string(1, '\0'), payload));
    add("long header", signer.sign_with_header(genuine + std::string(250, ' '), payload));
    add("deep header", signer.sign_with_header(head(quoted("ES256"), quoted(kid), R"(,"x":[[[[1]]]])"), payload));
    expect_none_accepted("headers");
}

TEST_F(Forgeries, with_tricks_in_the_form_are_refused) {
    const auto body = good.substr(good_head.size() + 1, signed_text.size() - good_head.size() - 1);
    const auto signature = good.substr(signed_text.size() + 1);
    // Base64url has one spelling: no padding, no white space, no other alphabet, no bits behind the end (RFC 4648, 3.5).
    const auto respelled = [&](const std::string& name, const std::string& part, const auto& put) {
        const auto add_spelling = [&](const std::string& how, const std::string& text) {
            const bool bare = text.find_first_of(" \n") != std::string::npos && text.find(good) != std::string::npos;
            if (!bare) add(name + how, text);  // white space around the whole is nobody's trick
        };
        for (const auto* tail : {"=", "==", "===", "A", "AA", ".", "\n", " ", "%3D"}) {
            add_spelling(" tail " + std::string(tail), put(part + tail));
        }
        for (const auto* lead : {" ", "\n", "=", "A", "."})
            add_spelling(" lead " + std::string(lead), put(lead + part));
        for (std::size_t at = 1; at < part.size(); at += 7) {
            for (const auto& inside :
                 {std::string(1, '\0'), std::string(" "), std::string("\n"), std::string("\r\n"), std::string("\t"),
                  std::string("="), std::string("+"), std::string("/"), std::string("%")}) {
                auto changed = part;
                add(name + " inside", put(changed.insert(at, inside)));
            }
        }
        constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (const char last : alphabet) {
            auto changed = part;
            changed.back() = last;
            if (changed != part) add(name + " last digit", put(changed));
        }
    };
    respelled("header", good_head, [&](const std::string& part) { return part + "." + body + "." + signature; });
    respelled("payload", body, [&](const std::string& part) { return good_head + "." + part + "." + signature; });
    respelled("signature", signature, [&](const std::string& part) { return signed_text + "." + part; });
    // Other serializations, and pieces of several messages.
    const auto other = signer.envelope("esb-update", payload + " ");
    add("another's signature", signed_text + other.substr(other.rfind('.')));
    add("another's payload",
        good_head + other.substr(other.find('.'), other.rfind('.') - other.find('.')) + "." + signature);
    add("four parts", good + "." + signature);
    add("five parts", good + ".." + signature);
    add("detached", good_head + ".." + signature);
    add("flattened",
        R"({"protected":")" + good_head + R"(","payload":")" + body + R"(","signature":")" + signature + "\"}");
    add("general", R"({"payload":")" + body + R"(","signatures":[{"protected":")" + good_head + R"(","signature":")" +
                       signature + "\"}]}");
    add("twice", good + good);
    add("a list", "[" + good + "]");
    add("quoted", "\"" + good + "\"");
    add("Bearer", "Bearer " + good);
    add("wide", [&] {
        std::string text;
        for (const char c : good) text.append(1, c).append(1, '\0');
        return text;
    }());
    for (const std::size_t size : {3501U, 4096U, 5000U, 100'000U})
        add("large", good + std::string(size - good.size(), 'A'));
    // A stranger as the signer, with payloads that the signer has never seen.
    add("stranger", stranger.envelope("esb-update", payload));
    add("stranger as signer", stranger.sign_with_header(signer.header("esb-update"), payload));
    expect_none_accepted("forms");
}

TEST_F(Forgeries, with_tricks_in_the_signature_are_refused) {
    const Order order;
    const auto r = part(0);
    const auto s = part(1);
    const Scalar zero{};
    Scalar one{};
    one.back() = 1;
    Scalar ones;
    ones.fill(0xFF);
    const std::pair<const char*, Scalar> numbers[] = {{"0", zero},
                                                      {"1", one},
                                                      {"n-1", order.plus(-1)},
                                                      {"n", order.plus(0)},
                                                      {"n+1", order.plus(1)},
                                                      {"2^256-1", ones},
                                                      {"r", r},
                                                      {"s", s},
                                                      {"-s", order.minus(s)},
                                                      {"-r", order.minus(r)}};
    // "Psychic" ones among them: r and s of 0 or n.
    for (const auto& [first, a] : numbers) {
        for (const auto& [second, b] : numbers) {
            const bool genuine = a == r && (b == s || b == order.minus(s));
            if (!genuine) add(std::string("(") + first + ", " + second + ")", signed_text + "." + joined(a, b));
        }
    }
    add("DER", signed_text + "." + der(r, s));
    add("DER, padded to 64 bytes", signed_text + "." + der(r, s).substr(0, 86));
    add("hexadecimal", signed_text + "." + test::hex(signer.sign(signed_text)));
    const auto raw = signer.sign(signed_text);
    for (std::size_t size = 0; size <= 80; ++size) {
        std::string bytes(raw.begin(), raw.end());
        bytes.resize(size, '\0');
        if (size != 64) add("of " + std::to_string(size) + " bytes", signed_text + "." + base64url(bytes));
    }
    for (const std::size_t half : {31U, 33U, 48U, 66U}) {  // as of other curves
        std::string bytes(2 * half, '\0');
        std::copy_n(raw.end() - 32, std::min<std::size_t>(32, half), bytes.begin() + static_cast<std::ptrdiff_t>(half));
        add("two halves", signed_text + "." + base64url(bytes));
    }
    expect_none_accepted("signatures");
}

// Bytes that are left out are zeros to many decoders: a second spelling.
TEST_F(Forgeries, a_signature_that_ends_in_zero_has_no_shorter_spelling) {
    Keyring keys;
    ASSERT_TRUE(keys.add(*parse_key(signer.public_text())));
    std::array<std::uint8_t, envelope_max> buffer{};
    std::string text;
    std::array<std::uint8_t, 64> signature{};
    for (int i = 0; signature.back() != 0 || i == 0; ++i) {
        ASSERT_LT(i, 10'000);
        text = base64url(signer.header("esb-update")) + "." + base64url("{\"i\":" + std::to_string(i) + "}");
        signature = signer.sign(text);
    }
    EXPECT_TRUE(open_envelope(text + "." + base64url(signature), keys, buffer));
    const auto shorter = open_envelope(text + "." + base64url(ConstBytes(signature).first(63)), keys, buffer);
    ASSERT_FALSE(shorter);
    EXPECT_EQ(shorter.error(), errors::envelope_malformed);
}

// ECDSA has two signatures for each message. The second one is nothing new: the payload's hash is the identity.
TEST_F(Forgeries, the_second_signature_of_a_message_is_the_same_message) {
    const auto twin = signed_text + "." + joined(part(0), Order().minus(part(1)));
    ASSERT_NE(twin, good);
    rig.on_line = [&](Updater& updater) {
        ASSERT_TRUE(updater.offer(as_bytes(good)));
        EXPECT_TRUE(updater.offer(as_bytes(twin))) << "repeated, not begun anew";
    };
    EXPECT_EQ(rig.boot().end, test::BootEnd::restart);
    rig.on_line = [&](Updater& updater) { EXPECT_TRUE(updater.offer(as_bytes(twin))); };
    EXPECT_EQ(rig.boot().last.state, State::confirmed);
    EXPECT_EQ(rig.server.connections, 1) << "fetched once";
    // Of a command: its counter is used.
    const auto command = signer.envelope("esb-command", R"({"cmd":"cancel","ctr":1})");
    const auto text = command.substr(0, command.rfind('.'));
    const auto signature = signer.sign(text);
    Scalar r{};
    Scalar s{};
    std::copy_n(signature.begin(), 32, r.begin());
    std::copy_n(signature.begin() + 32, 32, s.begin());
    rig.on_line = [&](Updater& updater) {
        EXPECT_TRUE(updater.offer(as_bytes(command)));
        const auto again = updater.offer(as_bytes(text + "." + joined(r, Order().minus(s))));
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error(), errors::ota_counter);
    };
    static_cast<void>(rig.boot());
}

// Genuine signatures under what is not for this device, not newer, or no clear number.
TEST_F(Forgeries, with_tricks_in_the_payload_are_refused) {
    rig.wall = UnixTime(1'800'000'000);
    const char* numbers[] = {"1e3",
                             "1E3",
                             "1.0",
                             "42.0",
                             "42e0",
                             "-0",
                             "-42",
                             "+42",
                             "042",
                             "00",
                             "0x2a",
                             "0b1",
                             "4_2",
                             "1e99",
                             "1e-1",
                             "NaN",
                             "nan",
                             "Infinity",
                             "-Infinity",
                             "9007199254740993",
                             "9007199254740992",
                             "18446744073709551616",
                             "4294967296",
                             "4294967338",
                             "99999999999999999999999999999999",
                             "\"42\"",
                             "[42]",
                             "{}",
                             "null",
                             "true",
                             "42 43",
                             "42,",
                             "",
                             "4 2",
                             "4\xC2\xA0",
                             "\xEF\xBC\x94",
                             "1e400"};
    for (const auto* member : {"seq", "size"}) {
        for (const auto* number : numbers) {
            add_payload(std::string(member) + " " + number, with(member, number));
        }
    }
    for (const auto* number : numbers) {
        if (std::string_view(number) != "-0") add_payload(std::string("floor ") + number, with("floor", number));
        const std::string_view text(number);
        const bool far = text == "4294967296" || text == "4294967338";  // in 2106
        if (!far)
            add_payload("exp " + std::string(text),
                        payload.substr(0, payload.size() - 1) + R"(,"exp":)" + number + "}");
    }
    for (const auto* seq : {"0", "1", "40", "41"}) add_payload("seq " + std::string(seq), with("seq", seq));
    for (const auto* floor : {"43", "4294967295"}) add_payload("floor " + std::string(floor), with("floor", floor));
    for (const auto* expiry : {"0", "1", "1799999999", "1800000000"}) {
        add_payload("exp", payload.substr(0, payload.size() - 1) + R"(,"exp":)" + expiry + "}");
    }
    for (const auto* app :
         {R"("another")", R"("Basic")", R"("basic ")", R"("basi")", R"("basicc")", R"("b\u0000asic")", R"("")", "1"}) {
        add_payload("app", with("app", app));
    }
    for (const auto* hw : {R"("esp32")", R"("VCHIP")", R"("vchip2")", R"("")", "null"})
        add_payload("hw", with("hw", hw));
    for (const auto* devices :
         {R"(["ESP-2"])", R"(["ESP-10","ESP-11"])", R"(["esp-1"])", R"(["ESP-1 "])", R"(["*"])", R"(["ESP-*"])",
          R"(["ESP/1"])", "[]", "\"ESP-1\"", "null", "{}", R"([["ESP-1"]])", R"(["ESP-1",1])", R"(["ESP-1",null])"}) {
        add_payload("dev " + std::string(devices),
                    payload.substr(0, payload.size() - 1) + R"(,"dev":)" + devices + "}");
    }
    for (const auto& [member, second] : {std::pair<const char*, const char*>{"seq", "42"},
                                         {"s\\u0065q", "99"},
                                         {"\\u0066loor", "0"},
                                         {"size", "1"},
                                         {"sha256", "\"00\""},
                                         {"sh\\u0061256", "\"00\""},
                                         {"url", "[]"},
                                         {"app", "\"x\""},
                                         {"ver", "\"x\""},
                                         {"hw", "\"x\""}}) {
        add_payload("twice " + std::string(member),
                    payload.substr(0, payload.size() - 1) + ",\"" + member + "\":" + second + "}");
    }
    const auto hash = [&](const std::string& text) { return with("sha256", "\"" + text + "\""); };
    for (const auto& text : {std::string(64, '0'), std::string(64, 'f'), std::string(63, 'a'), std::string(65, 'a'),
                             std::string(64, 'g'), std::string("sha256:") + std::string(57, 'a')}) {
        add_payload("sha256", hash(text));
    }
    for (const auto* url :
         {"[]", "\"http://a/\"", R"(["ftp://192.0.2.1/x"])", R"(["http://127.1/x"])", R"(["http://u:p@192.0.2.1/x"])",
          R"(["http:///x"])", R"(["http://192.0.2.1:99999/x"])", R"(["http://192.0.2.1/x\n"])", R"(["file:///x"])",
          R"(["javascript:1"])", R"(["http://192.0.2.1/ x"])", "[1]", R"([["http://192.0.2.1/x"]])"}) {
        add_payload("url " + std::string(url), with("url", url));
    }
    for (const auto& text :
         {payload + "x", payload + payload, "[" + payload + "]", "\"" + payload + "\"", std::string(),
          std::string("null"), std::string("{}"), "\xEF\xBB\xBF" + payload, payload.substr(1),
          payload + std::string(1, '\0'), "/**/" + payload, payload.substr(0, payload.size() - 1) + ",}",
          payload.substr(0, payload.size() - 1) + R"(,"x":[[[[1]]]]})",
          payload.substr(0, payload.size() - 1) + R"(,"x":")" + std::string(2500, 'y') + "\"}"}) {
        add_payload("document", text);
    }
    std::string deep = payload.substr(0, payload.size() - 1) + R"(,"x":)";
    add_payload("deep", deep + std::string(900, '[') + std::string(900, ']') + "}");
    std::string members = payload.substr(0, payload.size() - 1);
    for (int i = 0; i < 200; ++i) members += ",\"m" + std::to_string(i) + "\":1";
    add_payload("many members", members + "}");
    // Commands: not newer, not for us, not known.
    for (const auto* command :
         {R"({"cmd":"rollback"})", R"({"cmd":"rollback","ctr":0})", R"({"cmd":"rollback","ctr":-1})",
          R"({"cmd":"rollback","ctr":1.0})", R"({"cmd":"rollback","ctr":1e0})", R"({"cmd":"rollback","ctr":"1"})",
          R"({"cmd":"rollback","ctr":4294967296})", R"({"cmd":"ROLLBACK","ctr":1})", R"({"cmd":"reboot","ctr":1})",
          R"({"cmd":"rollback","ctr":1,"dev":["ESP-2"]})", R"({"cmd":"rollback","ctr":1,"ctr":2})",
          R"({"cmd":["rollback"],"ctr":1})"}) {
        add(command, signer.envelope("esb-command", command));
    }
    // Key sets: of another version, without keys, with private ones, with points off the curve.
    const auto jwk = stranger.jwk();
    auto off_curve = jwk;
    off_curve.replace(off_curve.find("\"x\":\"") + 5, 4, "AAAA");
    for (const auto& set : {R"({"ver":1,"keys":[)" + jwk + "]}", R"({"ver":3,"keys":[)" + jwk + "]}",
                            R"({"ver":2.0,"keys":[)" + jwk + "]}", R"({"ver":2e0,"keys":[)" + jwk + "]}",
                            std::string(R"({"ver":2,"keys":[]})"), R"({"ver":2,"keys":[)" + jwk + "," + jwk + "]}",
                            R"({"ver":2,"keys":[)" + off_curve + "]}", R"({"ver":2,"ver":2,"keys":[)" + jwk + "]}",
                            std::string(R"({"ver":2,"keys":[{"kty":"oct","k":"AAAA"}]})"),
                            R"({"ver":2,"keys":[)" + jwk.substr(0, jwk.size() - 1) + R"(,"d":"AAAA"}]})"}) {
        add(set, signer.envelope("esb-keys", set));
    }
    // A change of settings is for another topic.
    add("settings", signer.envelope("esb-config", R"({"dev":["ESP-1"],"ctr":7,"set":{}})"));
    expect_none_accepted("payloads");
}

}  // namespace
}  // namespace esb::ota
