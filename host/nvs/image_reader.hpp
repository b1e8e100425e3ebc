// Reads the image of an NVS partition: one of a generator, or what was read from a chip.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "host/nvs/cipher.hpp"
#include "host/nvs/errors.hpp"
#include "host/nvs/format.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace esb::nvs {

struct Value {
    std::string name_space;
    std::string key;
    Type type;                        // a blob, however it is stored, is Type::blob
    std::vector<std::uint8_t> bytes;  // an integer's, the lowest first; a text's without its NUL

    friend bool operator==(const Value&, const Value&) = default;
};

// All values, by namespace and key; of two with the same key the newer one. `cipher`: null when the image is not
// encrypted. Strict: whatever does not check ends it. nvs_size, nvs_empty, nvs_page, nvs_entry, nvs_chunk.
Result<std::vector<Value>> read_image(ConstBytes image, const Cipher* cipher);

}  // namespace esb::nvs
