// Short answers of the API that are made when they are sent, so that a reply needs no memory of its own: all that one
// says stands in its source number, or, for an error, in a few notes.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/net/http_site.hpp"
#include "esb/settings/schema.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::portal {

inline constexpr std::string_view json_type = "application/json";

// What a generated reply is made of, and a number that belongs to it.
struct Source {
    enum class Kind : std::uint8_t { state, networks, settings, log, key, changed, tried, refusal, request };
    static constexpr std::uint32_t argument_bits = 28;
    static constexpr std::uint32_t argument_mask = (std::uint32_t{1} << argument_bits) - 1;

    Kind kind;
    std::uint32_t argument = 0;  // of argument_bits; more is cut off

    std::uint32_t number() const {
        return static_cast<std::uint32_t>(kind) << argument_bits | (argument & argument_mask);
    }
    static Source of(std::uint32_t number) {
        return {static_cast<Kind>(number >> argument_bits), number & argument_mask};
    }
};

net::HttpReply generated(const Source& source, unsigned status = 200);
// "{}"
net::HttpReply empty_object(unsigned status = 200);

// The status that an error is answered with (docs/portal.md).
unsigned status_of(const Error& error);

inline std::span<char> as_chars(MutBytes bytes) { return {reinterpret_cast<char*>(bytes.data()), bytes.size()}; }

// Errors that were answered last, until they are sent: twice as many as there are connections.
class Refusals {
public:
    // `setting`: the one that is to blame, if there is one.
    net::HttpReply refuse(const Error& why, std::string_view setting = {});
    // Writes the answer of that argument; one that was pushed out meanwhile is "busy".
    std::size_t write(std::uint32_t argument, MutBytes out) const;

private:
    struct Note {
        std::uint32_t argument = 0;
        const ErrorKind* kind = &errors::busy;
        FixedString<settings::name_max> setting;
    };
    std::array<Note, 8> notes_;
    std::uint32_t latest_ = 0;
};

}  // namespace esb::portal
