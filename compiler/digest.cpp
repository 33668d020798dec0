// SPDX-License-Identifier: Apache-2.0
#include "compiler/digest.h"

#include <cassert>

#include <openssl/evp.h>

namespace synpol {

Sha256 sha256(std::span<const std::uint8_t> bytes) {
    Sha256 hash{};
    [[maybe_unused]] const int done =
        EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
    assert(done == 1); // only fails without memory or without the algorithm
    return hash;
}

Sha256 sha256(std::string_view text) {
    return sha256(std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::uint64_t short_name(const Sha256& hash) {
    std::uint64_t name = 0;
    for (std::size_t i = 8; i-- > 0;) name = name << 8 | hash[i];
    return name == 0 ? 1 : name;
}

} // namespace synpol
